// Starts the program of the same name in ../libexec with the environment that libgomp and the dynamic loader read
// only at process start. Same process id; whatever the user has set himself wins.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace {

/// Debian's OpenMP flavour of OpenBLAS, for this process only: the system's alternatives stay as they are.
void preferOpenMpBlas()
{
    const std::filesystem::path folder = "/usr/lib/" SELFSIGHT_ARCHITECTURE "/openblas-openmp";
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "libblas.so.3", ignored)) return;
    const char* old = std::getenv("LD_LIBRARY_PATH");
    const std::string path = old && *old ? folder.string() + ":" + old : folder.string();
    setenv("LD_LIBRARY_PATH", path.c_str(), 1);
}

}  // namespace

int main(int, char** argv)
{
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path program = self.parent_path().parent_path() / "libexec" / self.filename();
    // Waiting threads that spin cost everything else its core: wait passively.
    setenv("OMP_WAIT_POLICY", "passive", 0);
    // Large pages for large tensors, and one arena for all threads: others hand memory back to the system in each step.
    setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1", 0);
    preferOpenMpBlas();
    execv(program.c_str(), argv);
    std::fprintf(stderr, "%s: cannot be started: %s. Build it with app/run.sh --build-only.\n", program.c_str(), std::strerror(errno));
    return 1;
}
