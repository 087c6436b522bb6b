// The settings of the page as other doors take them.

/** Words that a shell would read as something else are put in quotes. */
function shellWord(text: string): string {
  return /^[\w.,:=+/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function asCommand(experiment: string, set: Record<string, string>): string {
  const words = Object.entries(set).map(([key, value]) => shellWord(`${key}=${value}`));
  return ["featurescope run", experiment, ...words].join(" ");
}

/** A value as Python writes it. */
function pythonValue(text: string): string {
  return text !== "" && Number.isFinite(Number(text)) ? text : JSON.stringify(text);
}

export function asPython(experiment: string, set: Record<string, string>): string {
  const entries = Object.entries(set).map(([key, value]) => `    ${JSON.stringify(key)}: ${pythonValue(value)},\n`);
  const settings = entries.length > 0 ? `, **{\n${entries.join("")}}` : "";
  return `import featurescope as fs\n\nexp = fs.experiment(${JSON.stringify(experiment)}${settings})\nrun = exp.run()\n`;
}
