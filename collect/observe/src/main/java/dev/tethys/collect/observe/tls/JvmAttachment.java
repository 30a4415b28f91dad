package dev.tethys.collect.observe.tls;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.model.libc.LibraryFunction;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Commands to a Java virtual machine over the socket of its attach mechanism (HotSpot,
 * os/posix/attachListener_posix.cpp), in its mount and pid namespace.
 */
final class JvmAttachment {
  private static final int SIGQUIT = 3;
  private static final long START_NANOS = 5_000_000_000L;
  private static final long ANSWER_NANOS = 20_000_000_000L;
  private static final long PAUSE_NANOS = 20_000_000L;
  private static final int LONGEST_ANSWER = 64 << 10;
  private static final MethodHandle KILL =
      LibraryFunction.plain("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  private final Path proc;
  private final int pid;
  private final int inner;

  /**
   * @param pid process ID in this process's PID namespace
   */
  JvmAttachment(Path proc, int pid) {
    this.proc = proc;
    this.pid = pid;
    this.inner = new ProcessFiles(proc).namespacePid(pid);
  }

  /**
   * Loads an agent.
   *
   * @param jar path of its file as seen by the process
   * @throws IOException with the reason
   */
  void load(String jar, String arguments) throws IOException {
    String answer = run("load", "instrument", "false", jar + "=" + arguments);
    String[] lines = answer.strip().split("\n", -1);
    String last = lines[lines.length - 1].strip();
    if (!lines[0].strip().equals("0") || !last.equals("0") && !last.endsWith("return code: 0")) {
      throw new IOException("the virtual machine answered: " + answer.strip().replace('\n', ' '));
    }
  }

  private String run(String... words) throws IOException {
    Path socket = proc.resolve(pid + "/root/tmp/.java_pid" + inner);
    if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
      wake(socket);
    }
    StringBuilder request = new StringBuilder("1\0");
    for (String w : words) {
      request.append(w).append('\0');
    }
    try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      c.configureBlocking(false); // the listener may accept nothing, and read nothing
      if (!c.connect(UnixDomainSocketAddress.of(socket))) {
        throw new IOException("the virtual machine does not accept connections");
      }
      ByteBuffer out = StandardCharsets.UTF_8.encode(request.toString());
      c.write(out);
      if (out.hasRemaining()) {
        throw new IOException("the virtual machine does not read its socket");
      }
      return answer(c);
    }
  }

  private static String answer(SocketChannel c) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(LONGEST_ANSWER);
    long end = System.nanoTime() + ANSWER_NANOS;
    while (in.hasRemaining() && !Thread.interrupted()) {
      int n = c.read(in);
      if (n < 0) {
        break;
      }
      if (System.nanoTime() - end > 0) {
        throw new IOException("the virtual machine did not answer within 20s");
      }
      if (n == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return StandardCharsets.UTF_8.decode(in.flip()).toString();
  }

  /** Makes the virtual machine open its socket: SIGQUIT, with the marker file that it expects. */
  private void wake(Path socket) throws IOException {
    if (!catchesQuit()) {
      throw new IOException("the virtual machine does not handle SIGQUIT, which would end it");
    }
    Path sign = proc.resolve(pid + "/root/tmp/.attach_pid" + inner);
    try {
      Files.createFile(sign); // fails on a link, too
    } catch (FileAlreadyExistsException e) {
      // another tool attaches
    }
    try {
      if (LibraryFunction.call(() -> (int) KILL.invokeExact(pid, SIGQUIT)) != 0) {
        throw new IOException("SIGQUIT could not be sent");
      }
      long end = System.nanoTime() + START_NANOS;
      while (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
        if (System.nanoTime() - end > 0) {
          throw new IOException("the virtual machine did not open its socket within 5s");
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } finally {
      Files.deleteIfExists(sign);
    }
  }

  private boolean catchesQuit() throws IOException {
    for (String line :
        Files.readAllLines(proc.resolve(pid + "/status"), StandardCharsets.ISO_8859_1)) {
      if (line.startsWith("SigCgt:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << (SIGQUIT - 1)) != 0;
      }
    }
    return false;
  }
}
