export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Scripts that ask `tocsin complete` for every word; they know no command themselves, so they never grow old. */
const SCRIPTS: Record<Shell, string> = {
  bash: `_tocsin() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(tocsin complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
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
