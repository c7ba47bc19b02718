# Whether the kernels for GPUs are built: sets PLOTMILL_CUDA_FOUND, and makes plotmill_cuda, which layers that call CUDA
# use: it brings CUDA's headers and the definition PLOTMILL_CUDA, and without nvcc nothing.
set(PLOTMILL_CUDA AUTO CACHE STRING "Build the kernels for GPUs: ON, OFF, or AUTO, where nvcc is found")
set_property(CACHE PLOTMILL_CUDA PROPERTY STRINGS AUTO ON OFF)

add_library(plotmill_cuda INTERFACE)
set(PLOTMILL_CUDA_FOUND OFF)

# Sets `reason` to why there is no nvcc that can build the kernels, empty where there is one.
function(plotmill_find_nvcc reason)
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(PLOTMILL_NVCC nvcc HINTS ENV CUDA_PATH PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
    mark_as_advanced(PLOTMILL_NVCC)
    if(PLOTMILL_NVCC)
      set(CMAKE_CUDA_COMPILER ${PLOTMILL_NVCC} CACHE FILEPATH "CUDA compiler")
    endif()
  endif()
  set(nvcc ${CMAKE_CUDA_COMPILER})
  if(NOT nvcc)
    set(nvcc $ENV{CUDACXX})
  endif()
  if(NOT nvcc)
    set(${reason} "nvcc was not found; add its folder to PATH, or set CMAKE_CUDA_COMPILER to it" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${nvcc} --version OUTPUT_VARIABLE version ERROR_QUIET)
  string(REGEX MATCH "release ([0-9.]+)" version "${version}")
  if(CMAKE_MATCH_1 VERSION_LESS 12.0)
    set(${reason} "${nvcc} is of CUDA '${CMAKE_MATCH_1}'; 12.0 or later is needed" PARENT_SCOPE)
    return()
  endif()
  set(${reason} "" PARENT_SCOPE)
endfunction()

if(PLOTMILL_CUDA)  # AUTO counts as true.
  plotmill_find_nvcc(no_nvcc)
  if(NOT no_nvcc)
    # T4, A100, RTX 30, L4 and RTX 40, H100, and what comes later.
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90)
    endif()
    enable_language(CUDA)
    find_package(CUDAToolkit 12.0 REQUIRED)
    set(PLOTMILL_CUDA_FOUND ON)
    target_compile_definitions(plotmill_cuda INTERFACE PLOTMILL_CUDA)
    target_include_directories(plotmill_cuda SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  elseif(PLOTMILL_CUDA STREQUAL "AUTO")
    message(STATUS "No kernels for GPUs: ${no_nvcc}")
  else()
    message(FATAL_ERROR "PLOTMILL_CUDA is ${PLOTMILL_CUDA}, but ${no_nvcc}")
  endif()
endif()

# An object library of CUDA sources: plotmill_cuda_layer(NAME SOURCES ...)
function(plotmill_cuda_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  add_library(${name} OBJECT ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON CUDA_VISIBILITY_PRESET hidden
                                           CUDA_RUNTIME_LIBRARY Static)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/engine)
  # The same bits as a CPU: no contraction, every operation rounded as IEEE 754 has it, denormal numbers kept.
  # No --expt-relaxed-constexpr: see kernels/block/device_code.hpp.
  # CMake 3.25 does not know that nvcc speaks C++20.
  target_compile_options(${name} PRIVATE -std=c++20 --fmad=false -prec-div=true -prec-sqrt=true -ftz=false
                                         -Xcompiler=-ffp-contract=off,-Wall,-Wextra,-Wshadow)
  if(PLOTMILL_WERROR)
    target_compile_options(${name} PRIVATE -Werror=all-warnings -Xcompiler=-Werror)
  endif()
endfunction()
