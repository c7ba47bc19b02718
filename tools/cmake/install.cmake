# What `cmake --install` puts where: library, public headers, package `plotmill`, command and its reference.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/plotmill)

install(TARGETS plotmill EXPORT plotmill-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/engine/plotmill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT plotmill-targets NAMESPACE plotmill:: DESTINATION ${package_folder})

get_target_property(library_type plotmill TYPE)
if(library_type STREQUAL "STATIC_LIBRARY")
  set(plotmill_is_static ON)
else()
  set(plotmill_is_static OFF)
endif()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/plotmill-config.cmake.in
  ${PROJECT_BINARY_DIR}/package/plotmill-config.cmake INSTALL_DESTINATION ${package_folder}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/plotmill-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/plotmill-config.cmake ${PROJECT_BINARY_DIR}/package/plotmill-config-version.cmake
  DESTINATION ${package_folder})

if(TARGET plotmill_cli)
  file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(plotmill_cli PROPERTIES INSTALL_RPATH $ORIGIN/${bin_to_lib})
  install(TARGETS plotmill_cli)
  if(NOT CMAKE_CROSSCOMPILING)
    set(reference ${PROJECT_BINARY_DIR}/reference)
    install(FILES ${reference}/plotmill.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${reference}/plotmill DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${reference}/_plotmill DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${reference}/plotmill.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/plotmill)
  endif()
endif()
