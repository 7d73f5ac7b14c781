/**
 * The shells' completion scripts. Each calls `gpt-migrate completion words -- WORD…` and offers the printed lines: a word, a tab and its
 * meaning. A last line `:files` or `:folders` tells the shell to complete file names itself. Invariant: the scripts contain no command and
 * no option.
 */

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof shells)[number]

/** The line that turns completion on. */
export const howToTurnOn: Readonly<Record<Shell, string>> = {
  bash: 'source <(gpt-migrate completion bash)',
  zsh: 'source <(gpt-migrate completion zsh)',
  fish: 'gpt-migrate completion fish | source',
  powershell: 'gpt-migrate completion powershell | Out-String | Invoke-Expression',
}

export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of gpt-migrate for bash. In ~/.bashrc: ${howToTurnOn.bash}
_gpt_migrate() {
  local words=() word line kind= i IFS=$' \\t\\n'
  # Bash takes '=' and ':' for ends of words; the program does not.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i > 1)) && [[ $word == [=:]* || \${COMP_WORDS[i - 1]} == *[=:] ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
  done
  local current=\${words[\${#words[@]}-1]} rest
  rest=\${COMP_WORDS[COMP_CWORD]}
  [[ $rest == [=:] ]] && rest=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) kind=$line ;;
      *)
        word=\${line%%$'\\t'*}
        [[ $word == "$current"* ]] || continue
        printf -v word %q "$rest\${word:\${#current}}"
        COMPREPLY+=("$word")
        ;;
    esac
  done < <("\${COMP_WORDS[0]}" completion words -- "\${words[@]}" 2>/dev/null)
  case $kind in
    :files) kind=-f ;;
    :folders) kind=-d ;;
    *) return ;;
  esac
  # It quotes what is inserted.
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $kind -- "$rest")
}
complete -F _gpt_migrate gpt-migrate
`,
  zsh: `#compdef gpt-migrate
# Completion of gpt-migrate for zsh. In ~/.zshrc, after compinit: ${howToTurnOn.zsh}
_gpt_migrate() {
  local line kind= word meaning
  local -a offered
  for line in \${(f)"$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
    if [[ $line == :* ]]; then
      kind=$line
    else
      word=\${line%%$'\\t'*}
      meaning=\${line#*$'\\t'}
      offered+=("\${word//:/\\\\:}\${meaning:+:$meaning}")
    fi
  done
  (( \${#offered} )) && _describe 'gpt-migrate' offered
  case $kind in
    :files) _files ;;
    :folders) _files -/ ;;
  esac
}
compdef _gpt_migrate gpt-migrate
`,
  fish: `# Completion of gpt-migrate for fish. In config.fish: ${howToTurnOn.fish}
function __gpt_migrate_words
    set -l typed (commandline -opc) (commandline -ct)
    set -e typed[1]
    for line in (command gpt-migrate completion words -- $typed 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c gpt-migrate -f -a '(__gpt_migrate_words)'
`,
  powershell: `# Completion of gpt-migrate for PowerShell. In $PROFILE: ${howToTurnOn.powershell}
Register-ArgumentCompleter -Native -CommandName gpt-migrate -ScriptBlock {
  param($current, $tree, $position)
  $before = $tree.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.StartOffset -lt $position }
  $typed = @($before | ForEach-Object { $_.Extent.Text })
  if ($current -eq '') { $typed += '""' }
  gpt-migrate completion words -- @typed 2>$null | ForEach-Object {
    if ($_ -eq ':files' -or $_ -eq ':folders') {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($current)
    } else {
      $word, $meaning = $_ -split [char]9, 2
      if ($word.StartsWith($current)) {
        if (-not $meaning) { $meaning = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $meaning)
      }
    }
  }
}
`,
}
