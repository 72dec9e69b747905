--- convoke.all() for specs: raises the first error of a function, after all have ended.

local convoke = require "convoke"

return function(functions, options)
  local values, errors = convoke.all(functions, options)
  for i = 1, errors.n do
    if errors[i] then error(errors[i], 0) end
  end
  return values, errors
end
