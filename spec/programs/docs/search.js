// Shows of the list what holds all words of the field; without JavaScript the whole list is there.
(function () {
  var field = document.getElementById("search"), note = document.getElementById("none");
  var items = [].slice.call(document.querySelectorAll("ul.list li"));
  var parts = [].slice.call(document.querySelectorAll("section"));
  function has(item, words) {
    var text = item.textContent.toLowerCase();
    return words.every(function (word) { return text.indexOf(word) >= 0; });
  }
  function filter() {
    var words = field.value.toLowerCase().split(/[\s.:]+/).filter(Boolean), count = 0;
    items.forEach(function (item) { item.hidden = !has(item, words); count += item.hidden ? 0 : 1; });
    parts.forEach(function (part) { part.hidden = !part.querySelector("li:not([hidden])"); });
    note.hidden = count > 0;
  }
  field.parentNode.hidden = false;
  field.addEventListener("input", filter);
  if (location.hash.length > 1) { field.value = decodeURIComponent(location.hash.slice(1)); }
  filter();
})();
