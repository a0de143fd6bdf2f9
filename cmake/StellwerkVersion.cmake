# Which commit this is: from git, or from who configures where there is none (scripts/package.sh):
#   cmake -DSTELLWERK_COMMIT=<hash> -DSTELLWERK_COMMIT_DATE=<ISO 8601> -DSTELLWERK_COMMIT_SECONDS=<since 1970>
# Sets these three for this run; what git says is not cached, so that the next commit is seen.

# stellwerk_from_git(<variable> <format>)
function(stellwerk_from_git variable format)
  if(DEFINED ${variable})
    return()
  endif()
  # As many digits in every clone: how many git takes by itself depends on what else the clone holds.
  execute_process(COMMAND git -C "${PROJECT_SOURCE_DIR}" log -1 --abbrev=10 "--format=${format}"
    OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT said)
    set(said "unknown")
  endif()
  set(${variable} "${said}" PARENT_SCOPE)
endfunction()

stellwerk_from_git(STELLWERK_COMMIT %h)
stellwerk_from_git(STELLWERK_COMMIT_DATE %cI)
stellwerk_from_git(STELLWERK_COMMIT_SECONDS %ct)
