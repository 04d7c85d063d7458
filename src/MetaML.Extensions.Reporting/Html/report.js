'use strict';
document.getElementById('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
});
for (const table of document.querySelectorAll('table')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstElementChild.addEventListener('click', () => {
    const isNumeric = head.classList.contains('n');
    const first = isNumeric ? 'descending' : 'ascending';
    const order = head.getAttribute('aria-sort') !== first ? first : isNumeric ? 'ascending' : 'descending';
    heads.forEach(other => other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', order);
    const sign = order === 'ascending' ? 1 : -1;
    const key = row => isNumeric ? Number(row.cells[column].dataset.v ?? NaN) : row.cells[column].textContent;
    const compare = (a, b) => isNumeric
      ? Number.isNaN(a) - Number.isNaN(b) || sign * (a - b) || 0
      : sign * a.localeCompare(b, 'en', { numeric: true });
    const rows = [...table.tBodies[0].rows].map(row => [key(row), row]);
    rows.sort((a, b) => compare(a[0], b[0]));
    table.tBodies[0].append(...rows.map(row => row[1]));
  }));
}
