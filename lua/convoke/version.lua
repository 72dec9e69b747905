--- The version of this convoke.
return "0.1.0"
