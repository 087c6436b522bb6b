// The engine: the core of featurescope as a WebAssembly module. Works in a worker and in Node.

interface Exports {
  memory: WebAssembly.Memory;
  lab_request(bytes: number): number;
  lab_answer(): void;
  lab_text(): number;
  lab_text_bytes(): number;
  lab_numbers(): number;
  lab_number_count(): number;
}

export interface RawAnswer {
  text: string;
  numbers: Float64Array;
}

export class Engine {
  private constructor(private readonly module: Exports) {}

  /** Starts the module. Its bytes are taken, so that it does not matter what a host calls the kind of the file. */
  static async load(bytes: BufferSource): Promise<Engine> {
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new Engine(instance.exports as unknown as Exports);
  }

  answer(request: string): RawAnswer {
    const bytes = new TextEncoder().encode(request);
    const at = this.module.lab_request(bytes.length);
    new Uint8Array(this.module.memory.buffer, at, bytes.length).set(bytes);
    this.module.lab_answer();
    // Looked up after the call: the memory may have grown, which leaves earlier views without it.
    const { buffer } = this.module.memory;
    const text = new Uint8Array(buffer, this.module.lab_text(), this.module.lab_text_bytes());
    const numbers = new Float64Array(buffer, this.module.lab_numbers(), this.module.lab_number_count());
    return { text: new TextDecoder().decode(text), numbers: numbers.slice() };
  }
}
