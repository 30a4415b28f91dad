package dev.tethys.collect.observe.attached;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarFile;

/**
 * Java agent loaded by the node agent into a Java program to read its TLS traffic in clear text.
 * Commands, followed by "=" and the folder of their files: {@code show} writes the bytes of the TLS
 * classes, {@code install} replaces those classes by changed ones, {@code restore} reverts the
 * change. The change is also reverted if the node agent does not touch the file "lease" for a
 * minute.
 */
public final class TlsAgent {
  private static final List<String> CLASSES =
      List.of(
          "sun.security.ssl.SSLEngineImpl",
          "sun.security.ssl.SSLSocketImpl$AppInputStream",
          "sun.security.ssl.SSLSocketImpl$AppOutputStream");

  private static final long LEASE_MILLIS = 60_000;
  private static final long PAUSE_MILLIS = 5_000;

  private static ClassFileTransformer installed;
  private static int generation;

  private TlsAgent() {}

  /** Runs a command; its outcome is written to the file "result". */
  public static void agentmain(String arguments, Instrumentation instrumentation) {
    int equals = arguments.indexOf('=');
    String command = arguments.substring(0, equals);
    File folder = new File(arguments.substring(equals + 1));
    String result = command + " ok";
    try {
      synchronized (TlsAgent.class) {
        switch (command) {
          case "show":
            show(folder, instrumentation);
            break;
          case "install":
            install(folder, instrumentation);
            break;
          case "restore":
            restore(instrumentation);
            break;
          default:
            result = "unknown command";
        }
      }
    } catch (Throwable e) {
      result = e.toString();
    }
    try (OutputStream out = new FileOutputStream(new File(folder, "result"))) {
      out.write(result.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // the node agent takes the missing result for a failure
    }
  }

  private static Class<?>[] classes() throws ClassNotFoundException {
    List<Class<?>> out = new ArrayList<>();
    for (String name : CLASSES) {
      out.add(Class.forName(name, false, null));
    }
    return out.toArray(new Class<?>[0]);
  }

  private static String fileName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  /** Files already exist: the folder belongs to the node agent. */
  private static void show(File folder, Instrumentation instrumentation) throws Exception {
    Map<String, byte[]> seen = new HashMap<>();
    ClassFileTransformer reader =
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader, String name, Class<?> c, ProtectionDomain domain, byte[] bytes) {
            if (c != null && CLASSES.contains(c.getName())) {
              seen.put(c.getName(), bytes.clone());
            }
            return null;
          }
        };
    instrumentation.addTransformer(reader, true);
    try {
      instrumentation.retransformClasses(classes());
    } finally {
      instrumentation.removeTransformer(reader);
    }
    for (String name : CLASSES) {
      byte[] bytes = seen.get(name);
      if (bytes == null) {
        throw new IOException("class " + name + " was not shown");
      }
      try (OutputStream out = new FileOutputStream(new File(folder, fileName(name) + ".class"))) {
        out.write(bytes);
      }
    }
  }

  private static void install(File folder, Instrumentation instrumentation) throws Exception {
    if (installed != null) {
      restore(instrumentation);
    }
    instrumentation.appendToBootstrapClassLoaderSearch(new JarFile(new File(folder, "tap.jar")));
    Map<String, byte[]> before = new HashMap<>();
    Map<String, byte[]> changed = new HashMap<>();
    for (String name : CLASSES) {
      File file = new File(folder, fileName(name) + ".class");
      before.put(name, Files.readAllBytes(file.toPath()));
      changed.put(name, Files.readAllBytes(new File(folder, fileName(name) + ".new").toPath()));
    }
    Module base = Object.class.getModule();
    Set<Module> tap = Set.of(TlsTap.class.getModule());
    instrumentation.redefineModule(
        base,
        tap,
        Map.of(),
        Map.of("java.io", tap, "java.net", tap, "sun.security.ssl", tap),
        Set.of(),
        Map.of());
    Set<String> refused = new java.util.HashSet<>(CLASSES);
    ClassFileTransformer writer =
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader, String name, Class<?> c, ProtectionDomain domain, byte[] bytes) {
            if (c == null || !Arrays.equals(bytes, before.get(c.getName()))) {
              return null; // not one of them, or another agent changes it
            }
            refused.remove(c.getName());
            return changed.get(c.getName());
          }
        };
    instrumentation.addTransformer(writer, true);
    installed = writer;
    try {
      instrumentation.retransformClasses(classes());
      if (!refused.isEmpty()) {
        throw new IOException("changed by another agent: " + refused);
      }
      TlsTap.start();
    } catch (Throwable e) {
      restore(instrumentation);
      throw e;
    }
    generation++;
    watch(new File(folder, "lease"), instrumentation, generation);
  }

  private static void restore(Instrumentation instrumentation) throws Exception {
    TlsTap.stop();
    if (installed != null) {
      instrumentation.removeTransformer(installed);
      installed = null;
      instrumentation.retransformClasses(classes());
    }
  }

  private static void watch(File lease, Instrumentation instrumentation, int of) {
    Thread t =
        new Thread(
            () -> {
              try {
                while (System.currentTimeMillis() - lease.lastModified() < LEASE_MILLIS) {
                  Thread.sleep(PAUSE_MILLIS);
                  if (generation != of || installed == null) {
                    return;
                  }
                }
                synchronized (TlsAgent.class) {
                  if (generation == of) {
                    restore(instrumentation);
                  }
                }
              } catch (Exception e) {
                TlsTap.stop();
              }
            },
            "tethys-tls-lease");
    t.setDaemon(true);
    t.start();
  }
}
