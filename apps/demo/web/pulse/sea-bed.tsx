import classes from "./sea-bed.module.css";

const kelp = [
  { left: 4, height: 46, delay: 0 },
  { left: 8, height: 32, delay: 1.1 },
  { left: 13, height: 22, delay: 0.5 },
  { left: 82, height: 26, delay: 0.8 },
  { left: 88, height: 52, delay: 0.2 },
  { left: 93, height: 36, delay: 1.4 },
];

const bubbles = [
  { left: 18, size: 8, delay: 0, seconds: 9 },
  { left: 21, size: 5, delay: 3.2, seconds: 11 },
  { left: 55, size: 6, delay: 5.5, seconds: 10 },
  { left: 74, size: 10, delay: 1.6, seconds: 12 },
  { left: 76, size: 5, delay: 7.1, seconds: 9 },
];

/** The sand, the kelp and the bubbles: nothing but looks. */
export function SeaBed() {
  return (
    <div className={classes.bed} aria-hidden>
      {bubbles.map(({ left, size, delay, seconds }) => (
        <i
          key={left}
          className={classes.bubble}
          style={{ left: `${left}%`, "--size": `${size}px`, "--delay": `${delay}s`, "--seconds": `${seconds}s` }}
        />
      ))}
      {kelp.map(({ left, height, delay }) => (
        <svg
          key={left}
          className={classes.kelp}
          style={{ left: `${left}%`, height: `${height}%`, "--delay": `${-delay}s` }}
          viewBox="0 0 40 200"
          preserveAspectRatio="none"
          role="presentation"
        >
          <path d="M20 200C8 168 34 146 20 112 8 82 32 60 22 4 8 44 14 66 6 92c-8 30 8 44 2 70-2 14 2 26 12 38z" />
        </svg>
      ))}
      <svg className={classes.sand} viewBox="0 0 800 80" preserveAspectRatio="none" role="presentation">
        <path d="M0 46C110 8 220 20 340 38s260 30 460-14v56H0z" />
      </svg>
    </div>
  );
}
