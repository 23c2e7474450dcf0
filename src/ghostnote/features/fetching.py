"""What compiled code does to memory beside reading arrays: fetch ahead, and read at an address."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _ahead(_typing: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line of `array`'s element `place` (one-dimensional, nothing is checked), and do not wait."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        line = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module,
            ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number]),
            "llvm.prefetch.p0i8",
        )
        builder.call(function, [line, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, place), generate


def _word_at(_typing: Any, address: Any) -> Any:
    """The eight bytes at an address (int64), as an int64; they need not be aligned."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        whole = ir.IntType(64)
        return builder.load(builder.inttoptr(arguments[0], whole.as_pointer()), align=1)

    return types.int64(types.int64), generate


#: Fetch ahead: (array, place).
ahead: Any = intrinsic(_ahead)
#: Read at an address: (address) -> int64.
word_at: Any = intrinsic(_word_at)
