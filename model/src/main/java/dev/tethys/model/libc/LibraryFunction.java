package dev.tethys.model.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Functions of the C library as method handles. Except for {@link #plain} ones they preserve the
 * error number: their first argument is the memory returned by {@link #errnoState}, from which
 * {@link #errno} reads it after a call.
 */
public final class LibraryFunction {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private LibraryFunction() {}

  /** Native call; method handles declare every throwable. */
  @FunctionalInterface
  public interface Call {
    long run() throws Throwable;
  }

  /** A function with a fixed number of arguments. */
  public static MethodHandle of(String name, FunctionDescriptor type) {
    return handle(name, type, Linker.Option.captureCallState("errno"));
  }

  /** Looks up a function whose error number is not read, with a fixed number of arguments. */
  public static MethodHandle plain(String name, FunctionDescriptor type) {
    return handle(name, type);
  }

  /**
   * Looks up a variadic function.
   *
   * @param fixed number of fixed arguments
   */
  public static MethodHandle variadic(String name, FunctionDescriptor type, int fixed) {
    return handle(
        name, type, Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(fixed));
  }

  @SuppressWarnings("restricted") // this is what the flag --enable-native-access allows
  private static MethodHandle handle(
      String name, FunctionDescriptor type, Linker.Option... options) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
  }

  /** Memory for the errno of calls made by one thread at a time. */
  public static MemorySegment errnoState(Arena arena) {
    return arena.allocate(STATE);
  }

  /** The error number of the last call that was given this memory and failed. */
  public static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /** Creates a call of a function that does not throw. */
  @SuppressWarnings("PMD.AvoidCatchingThrowable") // that is what method handles throw
  public static long call(Call c) {
    try {
      return c.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
