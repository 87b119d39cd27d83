"""Settings of what is built."""

from harness.settings.setting import BUILD, COMPILE, SWEEP, Setting, SettingKind

BINARY: tuple[Setting, ...] = (
    Setting(
        name="ref",
        kind=SettingKind.TEXT,
        default="",
        metavar="REF",
        commands=BUILD,
        help="release, tag, branch or sha of whisper.cpp (default: the pinned release)",
    ),
    Setting(
        name="repo",
        kind=SettingKind.TEXT,
        default="",
        metavar="URL|PATH",
        commands=BUILD,
        path=True,
        help="git repository that --ref is looked up in (default: upstream)",
    ),
    Setting(
        name="source",
        kind=SettingKind.TEXT,
        default="",
        metavar="DIR",
        commands=BUILD,
        path=True,
        help="measure this local tree as it is, uncommitted changes included",
    ),
    Setting(
        name="isa",
        kind=SettingKind.TEXT,
        default="native",
        metavar="NAME",
        commands=COMPILE,
        help="instruction set to build for: 'native', or a name such as sse42, avx, avx2, avx512",
    ),
    Setting(
        name="compiler",
        kind=SettingKind.TEXT,
        default="auto",
        metavar="NAME",
        commands=(*COMPILE, "doctor"),
        path=True,
        help="auto, gcc, clang, zig, or the name or path of a C compiler",
    ),
    Setting(
        name="build_type",
        kind=SettingKind.TEXT,
        default="Release",
        metavar="TYPE",
        commands=BUILD,
        help="what is timed: Release (default), RelWithDebInfo, MinSizeRel or Debug",
    ),
    Setting(
        name="backend",
        kind=SettingKind.TEXT,
        default="auto",
        metavar="NAME",
        commands=BUILD,
        help="what computes: cpu, blas (the CPU with a BLAS library), cuda, vulkan, metal, hip, sycl, openvino, "
        "coreml, musa, opencl, webgpu, cann, kompute (default auto: what ggml would build, cpu or on macOS metal)",
    ),
    Setting(
        name="blas",
        kind=SettingKind.TEXT,
        default="",
        metavar="NAME",
        commands=BUILD,
        help="BLAS library: none, openblas, mkl, blis, accelerate, atlas, flexiblas, nvhpc, arm, generic "
        "(default: none, on macOS accelerate)",
    ),
    Setting(
        name="llamafile",
        kind=SettingKind.TEXT,
        default="",
        metavar="on|off",
        commands=BUILD,
        help="ggml's tinyBLAS kernels for matrices (default: ggml's own, off)",
    ),
    Setting(
        name="openmp",
        kind=SettingKind.TEXT,
        default="",
        metavar="on|off",
        commands=BUILD,
        help="threads of OpenMP or ggml's own (default: ggml's own, on where the compiler has it)",
    ),
    Setting(
        name="tools",
        kind=SettingKind.TEXT,
        default="",
        metavar="DIR",
        commands=(*COMPILE, "doctor"),
        path=True,
        help="take cmake, ctest and ninja from this folder (default: those that come with the harness)",
    ),
    Setting(
        name="define",
        kind=SettingKind.DEFINES,
        default=(),
        metavar="NAME=VALUE",
        short="-D",
        commands=COMPILE,
        help="further CMake option, for example -D GGML_LTO=ON, or with its type -D GGML_LTO:BOOL=ON; repeatable",
    ),
    Setting(
        name="allow_unknown_options",
        kind=SettingKind.FLAG,
        default=False,
        commands=BUILD,
        help="build even if the tree does not know a CMake option that was asked for, or overwrites it",
    ),
    Setting(
        name="loadable",
        kind=SettingKind.FLAG,
        default=False,
        commands=SWEEP,
        help="one build with the kernels of every instruction set as libraries, instead of a build for each --isa",
    ),
    Setting(
        name="werror", kind=SettingKind.FLAG, default=False, commands=BUILD, help="treat compiler warnings as errors"
    ),
    Setting(
        name="rebuild", kind=SettingKind.FLAG, default=False, commands=COMPILE, help="build again from an empty folder"
    ),
    Setting(
        name="jobs",
        kind=SettingKind.INTEGER,
        default=0,
        metavar="N",
        commands=BUILD,
        help="parallel compile jobs (default: the usable CPUs)",
    ),
)
