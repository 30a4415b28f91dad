package dev.tethys.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tethys.model.libc.MappedPages;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets go of pages of files that only the start has needed, and takes care that they do not gather
 * again.
 *
 * <p>The start-up cache and the virtual machine's library are mapped, and a start touches nearly
 * all of both: classes are linked, the compilers run. Afterwards they remain in the resident set of
 * the process, some forty megabytes. When the process releases them, the system takes them out of
 * the process and leaves them in its own page cache, from where the few that are still touched come
 * back in microseconds.
 *
 * <p>Only mappings that may not be written and hold no page of the process's own are released: such
 * a page is the file's, and reads the same again. (What the process has changed would be lost.)
 */
final class StartPages {
  private static final Path MAPPINGS = Path.of("/proc/self/smaps");
  private static final String STATUS = "/proc/self/status";
  private static final System.Logger LOG = JulLogger.of(StartPages.class.getName());

  private static final Duration START = Duration.ofSeconds(2);

  private static final byte[] FILES = "RssFile:".getBytes(US_ASCII);
  private static final int MOST_STATUS = 64 << 10; // an account may be in hundreds of groups

  /** Bytes that become resident again before pages are released again. */
  private static final long MUCH_BYTES = 8 << 20;

  /**
   * The same for a process whose memory counts most, once compilers have done most of their work.
   */
  private static final long LITTLE_BYTES = 4 << 20;

  /** By so much other files may have grown from one time to the next. */
  private static final long RISE_BYTES = 2 << 20;

  /** Compilers come back for theirs in bursts, within the first minute; afterwards little does. */
  private static final Duration BURSTS = Duration.ofMinutes(1);

  private static final Duration SOON = Duration.ofMillis(250);

  /**
   * The same for a process whose memory counts most: a burst brings ten megabytes in a fifth of a
   * second. A look takes some 25 µs.
   */
  private static final Duration VERY_SOON = Duration.ofMillis(100);

  private static final Duration LATER = Duration.ofSeconds(2);

  /** Releases take at most one part in so many of the time; the faults that follow, as much. */
  private static final int SHARE = 50;

  /** Pages that became resident are released each time: for a process whose memory matters most. */
  static final Duration AT_ONCE = Duration.ofSeconds(1);

  /**
   * Pages in constant use become resident again after each release, which takes a tenth of the CPU
   * of a nearly idle process: so they are released ever more rarely.
   */
  static final Duration RARELY = Duration.ofMinutes(1);

  /** A part of the address space, in bytes. */
  record Mapping(long start, long bytes) {}

  /** When it is looked next whether they have come back. */
  static final class CheckSchedule {
    private final Duration longest;
    private final boolean counts;
    private final Duration soon;
    private Duration later;
    private Duration bursts = BURSTS;
    private long remaining;

    /**
     * From the start of the process on.
     *
     * @param longest how long they may stay that come back again and again
     */
    CheckSchedule(Duration longest) {
      this.longest = longest;
      this.counts = longest.equals(AT_ONCE);
      this.soon = counts ? VERY_SOON : SOON;
      this.later = longest.compareTo(LATER) < 0 ? longest : LATER;
    }

    /** Whether so many bytes of files are worth releasing those of the program's own among them. */
    boolean isDue(long mapped) {
      return mapped >= remaining + (counts && !bursts.isPositive() ? LITTLE_BYTES : MUCH_BYTES);
    }

    /**
     * They have been let go of. The rest belongs to other files; but on a busy machine much is back
     * before it is counted, and would be taken for these permanently.
     */
    void released(long mapped) {
      remaining = Math.min(mapped, remaining + RISE_BYTES);
    }

    /** How long to wait after a look, at which they were back or not. */
    Duration next(boolean back) {
      if (bursts.isPositive()) {
        bursts = bursts.minus(soon);
        return soon;
      }
      if (back && later.compareTo(longest) < 0) {
        later = later.multipliedBy(2);
      }
      return later;
    }
  }

  private final CheckSchedule schedule;
  private volatile List<Mapping> mappings = List.of();

  private StartPages(CheckSchedule schedule) {
    this.schedule = schedule;
  }

  /**
   * Starts letting go of them; without effect where the system has no such mappings.
   *
   * @param longest how long they may stay that come back again and again: {@link #AT_ONCE}, {@link
   *     #RARELY}
   */
  static StartPages startReleasing(Duration longest) {
    StartPages pages = new StartPages(new CheckSchedule(longest));
    if (Files.isReadable(MAPPINGS)) {
      Thread.ofPlatform().daemon().name("start-pages").start(pages::run);
    }
    return pages;
  }

  /** Releases those that have come back, regardless of their number; by any thread. */
  void releaseNow() {
    for (Mapping m : mappings) {
      MappedPages.release(MemorySegment.ofAddress(m.start).reinterpret(m.bytes));
    }
  }

  private void run() {
    try (RandomAccessFile status = new RandomAccessFile(STATUS, "r")) {
      Thread.sleep(START);
      // Reading them all costs milliseconds; their addresses do not change.
      mappings = unchanged(Files.readAllLines(MAPPINGS));
      byte[] text = new byte[MOST_STATUS];
      while (!mappings.isEmpty()) {
        boolean back = schedule.isDue(mappedBytes(status, text));
        Duration rest = Duration.ZERO;
        if (back) {
          long begin = System.nanoTime();
          releaseNow();
          rest = Duration.ofNanos(System.nanoTime() - begin).multipliedBy(SHARE);
          schedule.released(mappedBytes(status, text));
        }
        Duration next = schedule.next(back);
        Thread.sleep(next.compareTo(rest) < 0 ? rest : next);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "pages of the start stay", e);
    } catch (InterruptedException e) {
      // the process ends
    }
  }

  /**
   * Resident bytes of private file mappings; 0 where the system does not report them. It is read
   * hundreds of times by a process that may do nothing else: read as lines it would cost a tenth of
   * what an agent of few targets needs.
   *
   * @param status its {@code /proc/PID/status}, see proc_pid_status(5)
   * @param text room for it
   */
  static long mappedBytes(RandomAccessFile status, byte[] text) throws IOException {
    status.seek(0);
    return mappedBytes(text, Math.max(0, status.read(text)));
  }

  /**
   * The same of its first bytes.
   *
   * @param length how many they are
   */
  static long mappedBytes(byte[] status, int length) {
    int at = 0;
    while (!Arrays.equals(
        status, at, Math.min(length, at + FILES.length), FILES, 0, FILES.length)) {
      while (at < length && status[at] != '\n') {
        at++;
      }
      if (++at >= length) {
        return 0;
      }
    }
    long kib = 0;
    for (at += FILES.length; at < length && status[at] != '\n'; at++) {
      int digit = status[at] - '0';
      kib = digit >= 0 && digit <= 9 ? kib * 10 + digit : kib;
    }
    return kib << 10;
  }

  /**
   * The mappings to release: of the start-up cache and of the virtual machine, read-only, private,
   * without a page that was written.
   *
   * @param smaps the lines of {@code /proc/PID/smaps}, see proc_pid_smaps(5)
   */
  static List<Mapping> unchanged(List<String> smaps) {
    List<Mapping> out = new ArrayList<>();
    @Nullable Mapping here = null;
    for (String line : smaps) {
      if (line.startsWith("Anonymous:")) {
        if (here != null && line.endsWith(" 0 kB")) {
          out.add(here);
        }
        here = null;
      } else if (line.endsWith(".aot") || line.endsWith("/libjvm.so")) {
        String[] f = line.split(" ", 3);
        int dash = f[0].indexOf('-');
        if (dash > 0 && f[1].charAt(0) == 'r' && f[1].charAt(1) == '-' && f[1].charAt(3) == 'p') {
          long start = Long.parseUnsignedLong(f[0].substring(0, dash), 16);
          here = new Mapping(start, Long.parseUnsignedLong(f[0].substring(dash + 1), 16) - start);
        }
      }
    }
    return out;
  }
}
