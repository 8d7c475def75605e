# Makes chihaya.json(5) of conf/README.md, up to what only users of older versions need.
#
# What it knows of Markdown is what that file uses: paragraphs, items, code, and tables of keys,
# | `key` | other spellings | accepted | default | changes on reload | meaning |

function plain(text,   i, parts, part, label) {
  gsub(/\\/, "\\e", text)
  while (match(text, /\[[^]]*\]\([^)]*\)/)) {
    label = substr(text, RSTART + 1, RLENGTH - 1)
    sub(/\]\(.*/, "", label)
    text = substr(text, 1, RSTART - 1) label substr(text, RSTART + RLENGTH)
  }
  # What stands between ` and ` is bold, and is not looked into.
  parts = split(text, part, "`")
  text = ""
  for (i = 1; i <= parts; i++) {
    if (i % 2) gsub(/\*/, "", part[i])
    text = text (i == 1 ? "" : i % 2 ? "\\fR" : "\\fB") part[i]
  }
  gsub(/^[ \t]+|[ \t]+$/, "", text)
  return text
}

# Each sentence on a line of its own; none of them is taken for a request.
function prose(text,   n, lines, line) {
  text = plain(text)
  gsub(/[.] /, ".\n", text)
  lines = split(text, line, "\n")
  for (n = 1; n <= lines; n++) {
    print (line[n] ~ /^[.']/ ? "\\&" : "") line[n]
  }
}

# Writes the paragraph or item that has been gathered.
function flush() {
  if (held == "") return
  if (in_item) {
    if (list != "bullets") print ".Bl -bullet"
    list = "bullets"
    print ".It"
  } else {
    end_list()
    if (follows) print ".Pp"
  }
  prose(held)
  held = ""
  in_item = 0
  follows = 1
}

function end_list() {
  if (list != "") print ".El"
  list = ""
}

function heading(macro, text) {
  flush()
  end_list()
  print macro " " text
  follows = 0
}

BEGIN {
  print ".\\\" Made of conf/README.md."
  print ".Dd November 22, 2026\n.Dt CHIHAYA.JSON 5\n.Os"
  print ".Sh NAME\n.Nm chihaya.json\n.Nd configuration of the BitTorrent tracker Chihaya"
  print ".Sh DESCRIPTION"
}

/^```/ {
  flush()
  end_list()
  in_code = !in_code
  print in_code ? ".Bd -literal -offset indent" : ".Ed"
  follows = 1
  next
}
in_code { gsub(/\\/, "\\e"); print ($0 ~ /^[.']/ ? "\\&" : "") $0; next }
/^## Coming from/ { exit }
/^## Examples/ { files() }
/^## / { heading(".Sh", toupper(substr($0, 4))); next }
/^### / { heading(".Ss", substr($0, 5)); next }
/^# / { next }
/^[|] `/ {
  flush()
  if (list != "keys") print ".Bl -tag -width Ds"
  list = "keys"
  sub(/^[|] /, "")
  sub(/ [|]$/, "")
  gsub(/[|] [|]/, "|  |")
  split($0, cell, / [|] /)
  print ".It \\&" plain(cell[1])
  prose(cell[6])
  print ".br\nAccepted: " plain(cell[3]) ".\n.br\nDefault: " plain(cell[4]) "."
  print ".br\nChanges on reload: " plain(cell[5]) "."
  if (cell[2] ~ /`/) print ".br\nOther spellings: " plain(cell[2]) "."
  next
}
/^[|]/ { next }
/^\* / { flush(); in_item = 1; held = substr($0, 3); next }
/^[ \t]*$/ { flush(); next }
{ sub(/^ +/, ""); held = held (held == "" ? "" : " ") $0 }

END {
  flush()
  end_list()
  print ".Sh SEE ALSO\n.Xr chihaya 8"
}

function files() {
  flush()
  end_list()
  print ".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/chihaya/chihaya.json"
  print "The configuration of the service."
  print ".It Pa /usr/share/doc/chihaya/configuration.md"
  print "This text, and what has changed since Chihaya v1."
  print ".It Pa /usr/share/doc/chihaya-redis , /usr/share/doc/chihaya-gazelle"
  print "The parameters of these drivers, and an example each.\n.El"
}
