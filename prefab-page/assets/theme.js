// Sets the theme before the first paint, so that a dark page does not flash light.
(function () {
  const chosen = localStorage.getItem('prefab-theme');
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
