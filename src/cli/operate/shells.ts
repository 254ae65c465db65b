export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Scripts that ask `tocsin complete` for every word; they know no command themselves, so they never grow old. */
const SCRIPTS: Record<Shell, string> = {
  bash: `_tocsin() {
  local begun=\${COMP_LINE:0:COMP_POINT} line head=
  local -a words
  COMPREPLY=()
  read -ra words <<<"$begun"
  [[ $begun == *[[:space:]] ]] && words+=('')
  local word=\${words[\${#words[@]}-1]}
  # Bash replaces only what stands behind the last colon.
  [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && head=\${word%"\${word##*:}"}
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$head"}")
  done < <(tocsin complete -- "\${words[@]:1}" 2>/dev/null)
  [[ \${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
  # Files are offered as the values of flags only.
  [[ \${#words[@]} -gt 2 && \${words[\${#words[@]}-2]} == -* ]] || compopt +o default 2>/dev/null
  return 0
}
complete -o default -F _tocsin tocsin
`,
  zsh: `#compdef tocsin
_tocsin() {
  local -a found
  local line
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(tocsin complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe 'tocsin' found
}
compdef _tocsin tocsin
`,
  fish: `complete -c tocsin -f -a '(tocsin complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};

/** The script that a shell loads to complete words behind `tocsin`. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
