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
 * Releases file pages that were needed only during startup, and keeps them from accumulating again.
 *
 * <p>The start-up cache and the virtual machine's library are mapped, and a start touches nearly
 * all of both: classes are linked, the compilers run. Afterwards they remain in the resident set of
 * the process, some forty megabytes. When the process releases them, the system unmaps them and
 * keeps them in its own page cache, from which the few that are still accessed return in
 * microseconds.
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

  /** Variant for a process that must save memory, once compilers have done most of their work. */
  private static final long LITTLE_BYTES = 4 << 20;

  /** Maximum growth of other file mappings between two releases. */
  private static final long RISE_BYTES = 2 << 20;

  /**
   * Compilers access their pages again in bursts, within the first minute; afterwards only little
   * returns.
   */
  private static final Duration BURSTS = Duration.ofMinutes(1);

  private static final Duration SOON = Duration.ofMillis(250);

  /**
   * Interval for a process that must save memory: a burst adds ten megabytes in a fifth of a
   * second. A check takes some 25 µs.
   */
  private static final Duration VERY_SOON = Duration.ofMillis(100);

  private static final Duration LATER = Duration.ofSeconds(2);

  /**
   * Releases use at most one part in this many of the time; the page faults that follow use as
   * much.
   */
  private static final int SHARE = 50;

  /** Pages that became resident are released each time: for a process whose memory matters most. */
  static final Duration AT_ONCE = Duration.ofSeconds(1);

  /**
   * Pages in constant use become resident again after each release, which takes a tenth of the CPU
   * of a nearly idle process, so they are released at growing intervals.
   */
  static final Duration RARELY = Duration.ofMinutes(1);

  /** A part of the address space, in bytes. */
  record Mapping(long start, long bytes) {}

  /** Schedule of the checks for pages that have returned. */
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
     * @param longest maximum time that repeatedly returning pages may stay
     */
    CheckSchedule(Duration longest) {
      this.longest = longest;
      this.counts = longest.equals(AT_ONCE);
      this.soon = counts ? VERY_SOON : SOON;
      this.later = longest.compareTo(LATER) < 0 ? longest : LATER;
    }

    /** Whether the mapped bytes justify a release of the program's own file pages. */
    boolean isDue(long mapped) {
      return mapped >= remaining + (counts && !bursts.isPositive() ? LITTLE_BYTES : MUCH_BYTES);
    }

    /**
     * Records a release. The remaining pages belong to other files; but on a busy machine much
     * returns before it is counted, and would be attributed to these permanently.
     */
    void released(long mapped) {
      remaining = Math.min(mapped, remaining + RISE_BYTES);
    }

    /** Returns the pause after a check that did or did not find the pages mapped again. */
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
   * Starts releasing pages; without effect on a system that does not support it.
   *
   * @param longest maximum time that repeatedly returning pages may stay: {@link #AT_ONCE}, {@link
   *     #RARELY}
   */
  static StartPages startReleasing(Duration longest) {
    StartPages pages = new StartPages(new CheckSchedule(longest));
    if (Files.isReadable(MAPPINGS)) {
      Thread.ofPlatform().daemon().name("start-pages").start(pages::run);
    }
    return pages;
  }

  /** Releases pages that have returned, regardless of their number; callable by any thread. */
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
      LOG.log(System.Logger.Level.DEBUG, "startup pages are kept", e);
    } catch (InterruptedException e) {
      // the process ends
    }
  }

  /**
   * Returns the resident bytes of private file mappings; 0 if the system does not report them. A
   * process that may be otherwise idle reads it hundreds of times: reading it as lines would cost a
   * tenth of the CPU of an agent with few targets.
   *
   * @param status the process's {@code /proc/PID/status}, see proc_pid_status(5)
   * @param text read buffer
   */
  static long mappedBytes(RandomAccessFile status, byte[] text) throws IOException {
    status.seek(0);
    return mappedBytes(text, Math.max(0, status.read(text)));
  }

  /**
   * Parses the mapped bytes from the first {@code length} bytes of the status.
   *
   * @param length length of the status in bytes
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
