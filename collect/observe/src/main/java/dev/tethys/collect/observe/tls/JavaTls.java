package dev.tethys.collect.observe.tls;

import dev.tethys.collect.observe.kernel.ForeignFile;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.StoppedThread;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * TLS of Java programs in clear, by an agent that is loaded into each of them that is seen to use
 * TLS. The agent is removed when this one stops, or is gone for a minute.
 *
 * <p>One program is attached in some seconds, and a bounded number in total. When an attached
 * program crashes, none is attached for a time that doubles.
 */
public final class JavaTls implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(JavaTls.class.getName());
  private static final long SECOND = 1_000_000_000L;
  private static final long PASS_NANOS = SECOND / 2;
  private static final long LEASE_NANOS = 15 * SECOND;
  private static final long SHORTEST_BACK_OFF = 600 * SECOND;
  private static final long LONGEST_BACK_OFF = 24 * 3600 * SECOND;
  private static final int ATTACHED_IN_A_PASS = 2;
  private static final int MAX_ATTACHED = 256;
  private static final int MAX_SUSPECTS = 4096;
  private static final int LONGEST_CLASS = 1 << 20;
  private static final int LONGEST_RESULT = 4096;
  private static final int DETACHING = 16;
  private static final long DETACHING_NANOS = 10 * SECOND;
  private static final String FOLDER = ".tethys-tls-";
  private static final String AGENT = "dev/tethys/collect/observe/attached/";

  /** Processes whose messages are received by the kernel program. */
  public interface Registry {
    void add(int pid) throws IOException;

    void remove(int pid) throws IOException;
  }

  /** Folder with the files of an attached program, on this side and as seen by the program. */
  private record Place(Path here, String there) {}

  private final Path proc;
  private final ProcessFiles files;
  private final Registry registry;
  private final int own;
  private final ConcurrentLinkedQueue<Integer> suspects = new ConcurrentLinkedQueue<>();
  private final Map<Integer, Place> attached = new HashMap<>();
  private final Set<Integer> refused = new HashSet<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private long leased;
  private long blockedUntil;
  private long backOff = SHORTEST_BACK_OFF;
  private long attachFailures;

  JavaTls(Path proc, Registry registry, int own) {
    this.proc = proc;
    this.files = new ProcessFiles(proc);
    this.registry = registry;
    this.own = own;
    this.blockedUntil = System.nanoTime();
    thread =
        Thread.ofPlatform()
            .name("observe-java-tls")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-java-tls", this::run));
  }

  /**
   * Starts to attach to programs that are named by {@link #suspect}.
   *
   * @param own process that is never attached: that of the agent
   */
  public static JavaTls start(Path proc, Registry registry, int own) {
    JavaTls t = new JavaTls(proc, registry, own);
    t.thread.start();
    return t;
  }

  private void run() {
    try {
      do {
        pass();
      } while (!stop.await(PASS_NANOS, TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Records that a process was seen using TLS. */
  public void suspect(int pid) {
    if (suspects.size() < MAX_SUSPECTS) {
      suspects.add(pid);
    }
  }

  /** Records that a signal ended a process. */
  public synchronized void killed(int pid, int signal) {
    if (attached.containsKey(pid) && (signal == 4 || signal == 7 || signal == 11)) {
      blockedUntil = System.nanoTime() + backOff;
      LOG.log(
          Level.WARNING,
          "Java TLS pauses because an attached program crashed pid={0} signal={1} pause={2}",
          Integer.toString(pid),
          Integer.toString(signal),
          Duration.ofNanos(backOff));
      backOff = Math.min(2 * backOff, LONGEST_BACK_OFF);
    }
  }

  synchronized void pass() {
    long now = System.nanoTime();
    for (int pid : new ArrayList<>(attached.keySet())) {
      if (!Files.exists(proc.resolve(Integer.toString(pid)))) {
        forget(pid);
      }
    }
    refused.removeIf(pid -> !Files.exists(proc.resolve(Integer.toString(pid))));
    if (now - leased > LEASE_NANOS) {
      leased = now;
      attached.values().forEach(JavaTls::renew);
    }
    int done = 0;
    while (done < ATTACHED_IN_A_PASS && now - blockedUntil >= 0) {
      Integer pid = suspects.poll();
      if (pid == null) {
        return;
      }
      if (pid != own
          && !attached.containsKey(pid)
          && !refused.contains(pid)
          && attached.size() < MAX_ATTACHED
          && isJava(pid)) {
        done++;
        attach(pid);
      }
    }
  }

  private boolean isJava(int pid) {
    return files.executableMaps(pid).stream().anyMatch(l -> l.endsWith("/libjvm.so"));
  }

  /** Number of programs with the agent. */
  public synchronized int attached() {
    return attached.size();
  }

  /** Returns the number of programs that could not be attached. */
  public synchronized long failures() {
    return attachFailures;
  }

  private void attach(int pid) {
    Place place = null;
    try {
      refuseByOptions(pid);
      place = prepare(pid);
      JvmAttachment machine = new JvmAttachment(proc, pid);
      command(machine, place, "show");
      for (String name : TlsClasses.NAMES) {
        byte[] original = read(place.here.resolve(name + ".class"), LONGEST_CLASS);
        write(place.here.resolve(name + ".new"), TlsClasses.changed(name, original), false);
      }
      registry.add(pid);
      command(machine, place, "install");
      attached.put(pid, place);
      LOG.log(Level.INFO, "Java TLS attached pid={0}", Integer.toString(pid));
    } catch (IOException e) {
      attachFailures++;
      if (refused.size() < MAX_SUSPECTS) {
        refused.add(pid);
      }
      LOG.log(
          Level.WARNING,
          "Java TLS not attached pid={0}: {1}",
          Integer.toString(pid),
          e.getMessage());
      if (place != null) {
        remove(place);
      }
    }
  }

  /** Rejects a program whose options disable agents. */
  private void refuseByOptions(int pid) throws IOException {
    String options = files.commandLine(pid);
    for (String name : List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")) {
      options += " " + files.environment(pid, name);
    }
    for (String o : List.of("-XX:+DisableAttachMechanism", "-XX:-EnableDynamicAgentLoading")) {
      if (options.contains(o)) {
        throw new IOException("the program was started with " + o);
      }
    }
  }

  private static void command(JvmAttachment machine, Place place, String command)
      throws IOException {
    machine.load(place.there + "/agent.jar", command + "=" + place.there);
    String result =
        new String(read(place.here.resolve("result"), LONGEST_RESULT), StandardCharsets.UTF_8);
    if (!result.equals(command + " ok")) {
      throw new IOException(
          "its agent reports: " + (result.isEmpty() ? "nothing" : result.replace('\n', ' ')));
    }
  }

  /**
   * Creates the folder of a program. It belongs to this process; the program may write only to
   * files that exist.
   */
  private Place prepare(int pid) throws IOException {
    Path temporary = proc.resolve(pid + "/root/tmp");
    if (!Files.isDirectory(temporary, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("the program has no folder /tmp");
    }
    String name = FOLDER + Long.toHexString(ThreadLocalRandom.current().nextLong());
    Place place = new Place(temporary.resolve(name), "/tmp/" + name);
    Files.createDirectory(place.here, rights("rwxr-xr-x"));
    try {
      write(place.here.resolve("agent.jar"), jar("TlsAgent", "TlsAgent$1", "TlsAgent$2"), false);
      // Apart, because the loader of Java's own classes gets it, and the other one the agent.
      write(place.here.resolve("tap.jar"), jar("TlsTap", "TlsTap$1"), false);
      write(place.here.resolve("lease"), new byte[0], false);
      Object user = Files.getAttribute(proc.resolve(Integer.toString(pid)), "unix:uid");
      List<String> written = new ArrayList<>(List.of("result"));
      TlsClasses.NAMES.forEach(n -> written.add(n + ".class"));
      for (String file : written) {
        write(place.here.resolve(file), new byte[0], true);
        Files.setAttribute(place.here.resolve(file), "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
      }
      return place;
    } catch (IOException e) {
      remove(place);
      throw e;
    }
  }

  private static byte[] jar(String... classes) throws IOException {
    Manifest manifest = new Manifest();
    Attributes a = manifest.getMainAttributes();
    a.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    a.putValue("Agent-Class", "dev.tethys.collect.observe.attached.TlsAgent");
    a.putValue("Can-Retransform-Classes", "true");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(bytes, manifest)) {
      for (String c : classes) {
        try (InputStream in = JavaTls.class.getResourceAsStream("/" + AGENT + c + ".class")) {
          if (in == null) {
            throw new IOException("class " + c + " of the agent is missing");
          }
          out.putNextEntry(new JarEntry(AGENT + c + ".class"));
          in.transferTo(out);
        }
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] read(Path file, int most) throws IOException {
    try (ForeignFile f = ForeignFile.openNoLink(file);
        InputStream in = Channels.newInputStream(f.channel())) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new IOException(file.getFileName() + " is larger than " + most + " bytes");
      }
      return bytes;
    }
  }

  private static void write(Path file, byte[] bytes, boolean secret) throws IOException {
    // Created with its permissions: a later change could affect a replacement.
    try (SeekableByteChannel out =
        Files.newByteChannel(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            rights(secret ? "rw-------" : "rw-r--r--"))) {
      for (ByteBuffer b = ByteBuffer.wrap(bytes); b.hasRemaining(); ) {
        out.write(b);
      }
    }
  }

  private static FileAttribute<Set<PosixFilePermission>> rights(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  private static void renew(Place p) {
    try {
      Files.setLastModifiedTime(
          p.here.resolve("lease"), FileTime.fromMillis(System.currentTimeMillis()));
    } catch (IOException e) {
      // the program has ended
    }
  }

  private static void remove(Place p) {
    try {
      List<String> names = new ArrayList<>(List.of("agent.jar", "tap.jar", "lease", "result"));
      for (String n : TlsClasses.NAMES) {
        names.add(n + ".class");
        names.add(n + ".new");
      }
      for (String n : names) {
        Files.deleteIfExists(p.here.resolve(n));
      }
      Files.deleteIfExists(p.here);
    } catch (IOException e) {
      // the program has ended, and its files with it
    }
  }

  private void forget(int pid) {
    attached.remove(pid);
    try {
      registry.remove(pid);
    } catch (IOException e) {
      // the map is gone
    }
  }

  private void detach(int pid, Place place) {
    try {
      command(new JvmAttachment(proc, pid), place, "restore");
    } catch (IOException e) {
      if (Files.exists(proc.resolve(Integer.toString(pid)))) {
        LOG.log(
            Level.WARNING,
            "Java TLS not restored immediately; it will be within a minute pid={0}: {1}",
            Integer.toString(pid),
            e.getMessage());
      }
    }
    remove(place);
  }

  /** Removes the agent from all programs. */
  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
    if (!StoppedThread.await(thread)) {
      return; // the agents that are left end without their lease
    }
    synchronized (this) {
      ExecutorService threads =
          Executors.newFixedThreadPool(DETACHING, Thread.ofPlatform().daemon().factory());
      attached.forEach((pid, place) -> threads.execute(() -> detach(pid, place)));
      threads.shutdown();
      try {
        if (!threads.awaitTermination(DETACHING_NANOS, TimeUnit.NANOSECONDS)) {
          threads.shutdownNow(); // the agents that are left end without their lease
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      for (int pid : new ArrayList<>(attached.keySet())) {
        forget(pid);
      }
    }
  }
}
