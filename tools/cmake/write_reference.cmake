# Has the command write what it says of itself: cmake -D COMMAND=plotmill -D FOLDER=reference -P write_reference.cmake
file(MAKE_DIRECTORY ${FOLDER})

function(write_output file)
  execute_process(COMMAND ${COMMAND} ${ARGN} OUTPUT_FILE ${FOLDER}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# The names by which man, bash-completion and zsh look for them.
write_output(plotmill.1 man)
write_output(plotmill completion bash)
write_output(_plotmill completion zsh)
write_output(plotmill.schema.json schema)
