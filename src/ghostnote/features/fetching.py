"""What compiled code does to memory beside reading arrays: fetch ahead, and read what lies at an address.

Handing an array to compiled code takes Python 0.1 us and more, and a kind of key has forty of them. So they are written
down once in a *record* (`records`), and compiled code is told where that is.
"""

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ghostnote.compiling import placed


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


def _pointer(to: Any) -> Any:
    """A function from an address (int64) to a pointer there."""
    pointer: Any = types.CPointer

    def point(_typing: Any, _address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return pointer(to)(types.int64), generate

    return intrinsic(point)


_to_bytes, _to_ints, _to_longs = _pointer(types.uint8), _pointer(types.int32), _pointer(types.int64)
_to_floats, _to_doubles = _pointer(types.float32), _pointer(types.float64)
carray: Any = numba.carray  # type: ignore[attr-defined]
#: No record has more numbers.
_MOST_NUMBERS = 128


@placed
def record_at(address: int) -> Any:
    """A record: three numbers for each array, its address, rows and columns."""
    return carray(_to_longs(address), (_MOST_NUMBERS,))


@placed
def longs(record: Any, field: int) -> Any:
    """A record's array of int64, one-dimensional."""
    return carray(_to_longs(record[3 * field]), (record[3 * field + 1],))


@placed
def long_grid(record: Any, field: int) -> Any:
    """A record's array of int64, two-dimensional."""
    return carray(_to_longs(record[3 * field]), (record[3 * field + 1], record[3 * field + 2]))


@placed
def ints(record: Any, field: int) -> Any:
    """A record's array of int32, one-dimensional."""
    return carray(_to_ints(record[3 * field]), (record[3 * field + 1],))


@placed
def int_grid(record: Any, field: int) -> Any:
    """A record's array of int32, two-dimensional."""
    return carray(_to_ints(record[3 * field]), (record[3 * field + 1], record[3 * field + 2]))


@placed
def octets(record: Any, field: int) -> Any:
    """A record's array of uint8, one-dimensional."""
    return carray(_to_bytes(record[3 * field]), (record[3 * field + 1],))


@placed
def float_grid(record: Any, field: int) -> Any:
    """A record's array of float32, two-dimensional."""
    return carray(_to_floats(record[3 * field]), (record[3 * field + 1], record[3 * field + 2]))


@placed
def doubles(record: Any, field: int) -> Any:
    """A record's array of float64, one-dimensional."""
    return carray(_to_doubles(record[3 * field]), (record[3 * field + 1],))


#: Fetch ahead: (array, place).
ahead: Any = intrinsic(_ahead)
#: Read at an address: (address) -> int64.
word_at: Any = intrinsic(_word_at)
