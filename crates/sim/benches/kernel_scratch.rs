#![allow(unsafe_code)]
use featurescope_sim::math::*;
use featurescope_sim::math::panels::*;
use featurescope_sim::math::linalg;
#[repr(C)] struct Ts{s:i64,n:i64}
unsafe extern "C" { fn clock_gettime(c:i32,t:*mut Ts)->i32; }
fn cpu()->f64{let mut t=Ts{s:0,n:0}; unsafe{clock_gettime(3,&mut t)}; t.s as f64+1e-9*t.n as f64}
fn main(){
 rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().unwrap();
 for (d1,m,p) in [(1024,256,512),(2048usize,512usize,512usize),(4096,512,512),(65536,256,256)] {
  let f = |r:usize,c:usize| Matrix::from_fn(r,c,|i,j| ((i*7+j*3)as f32).sin());
  let (w,x)=(f(m,d1),f(p,d1)); let mut out=Matrix::zeros(0,0); let mut x2=Panels::default(); x2.set(&x); let mut x1=Panels::default(); x1.set(&f(1,d1));
  let c=f(p,m); let mut co=Coefficients::default(); let mut w2=w.clone();
  let gf=2.0*(d1*m*p) as f64*1e-9;
  for _ in 0..3 {
   let mut t=[f64::INFINITY;6];
   for _ in 0..5 {
   let s=cpu(); panels_product(&mut out,&x2,Right::Transposed(&w)); t[0]=t[0].min(cpu()-s);
   let s=cpu(); linalg::times_transposed(&mut out,&x,&w);  t[1]=t[1].min(cpu()-s);
   let s=cpu(); co.set(&c); descend(&mut w2,Descent{keep:1.0,rate:1e-9},&[(&co,&x2)]);  t[2]=t[2].min(cpu()-s);
   let s=cpu(); linalg::add_transposed_times(&mut w2,&c,&x);  t[3]=t[3].min(cpu()-s);
   let s=cpu(); panels_product(&mut out,&x1,Right::Transposed(&w)); t[5]=t[5].min(cpu()-s);
   let s=cpu(); x2.set(&x);  t[4]=t[4].min(cpu()-s);
   }
   println!("{d1} {m} {p}: fwd own {:.1} faer {:.1}; grad own {:.1} faer {:.1} GF/s; set {:.2} ms of {:.2}, one panel {:.2}", gf/t[0],gf/t[1],gf/t[2],gf/t[3],t[4]*1e3,t[0]*1e3,t[5]*1e3);
  }
 }}
