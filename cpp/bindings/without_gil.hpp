#pragma once

#include <Python.h>

#include <chrono>
#include <exception>
#include <thread>

namespace facespectra {

/// Takes the GIL back, or never returns. Up to Python 3.13, a daemon thread that asks for it when the interpreter has
/// ended is ended by pthread_exit, whose unwinding terminates the process where it meets a destructor or a
/// catch-all, and would release Python's objects without the GIL where it does not. Such a thread waits here for the
/// end of the process, as Python 3.14 has it wait.
inline void take_gil_back(PyThreadState* state) {
    try {
        PyEval_RestoreThread(state);
    } catch (...) {
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
}

/// Does the work without the GIL, as pybind11's gil_scoped_release does, but for the end of the interpreter.
template <typename Work>
void without_gil(Work work) {
    PyThreadState* const state = PyEval_SaveThread();
    std::exception_ptr failure;
    try {
        work();
    } catch (...) {
        failure = std::current_exception();
    }
    take_gil_back(state);
    if (failure) std::rethrow_exception(failure);
}

}  // namespace facespectra
