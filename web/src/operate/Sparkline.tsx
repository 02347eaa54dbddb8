/** Values over time as a line; the newest is at the right. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(1, ...values);
  const points = values.map(
    (value, at) => `${(at / Math.max(1, values.length - 1)) * 100},${29 - (value / most) * 27}`,
  );
  return (
    <svg className="sparkline" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={label}>
      {points.length > 1 && (
        <>
          <polygon points={`0,30 ${points.join(" ")} 100,30`} />
          <polyline points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}
