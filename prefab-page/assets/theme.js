// Before anything is drawn, so that a dark page never flashes light.
(function () {
  const chosen = localStorage.getItem('prefab-theme');
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
