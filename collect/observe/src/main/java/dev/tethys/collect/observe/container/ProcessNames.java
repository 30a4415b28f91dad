package dev.tethys.collect.observe.container;

import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Ids of processes outside of containers and units: {@code /process/NAME}. */
final class ProcessNames {
  /** Variable of OpenTelemetry's SDKs (OpenTelemetry specification, general SDK configuration). */
  private static final String SERVICE_NAME = "OTEL_SERVICE_NAME";

  private static final String SERVICE_NAME_OPTION = "-Dotel.service.name=";
  private static final int LONGEST_NAME = 100;

  /** Options of Java that are followed by their value. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "-cp",
          "-classpath",
          "--class-path",
          "-p",
          "--module-path",
          "--upgrade-module-path",
          "--add-modules",
          "--add-opens",
          "--add-exports",
          "--add-reads",
          "--limit-modules",
          "--source");

  /** Words of class names that tell nothing about the program. */
  private static final Set<String> GENERIC =
      Set.of(
          "main",
          "app",
          "application",
          "server",
          "service",
          "launcher",
          "launch",
          "loader",
          "bootstrap",
          "boot",
          "startup",
          "start",
          "starter",
          "runner",
          "run",
          "cli",
          "cmd",
          "com",
          "org",
          "net",
          "io",
          "dev");

  private ProcessNames() {}

  /**
   * Id by the program. For an interpreter by the name of its service, else by its script, module or
   * jar. Empty for a thread of the kernel.
   *
   * @param environment value of a variable of the process; empty when it is not set
   */
  static String id(String commandLine, UnaryOperator<String> environment) {
    String name = name(commandLine, environment);
    return name.isEmpty() ? "" : "/process/" + name;
  }

  private static String name(String commandLine, UnaryOperator<String> environment) {
    String[] words = commandLine.split("\0", -1);
    String program = base(words[0].split("[ :]", 2)[0]);
    boolean java = program.equals("java");
    if (!java
        && !program.startsWith("python")
        && !program.equals("node")
        && !program.equals("ruby")
        && !program.equals("php")) {
      return program;
    }
    String service = serviceName(words, java, environment);
    if (!service.isEmpty()) {
      return service;
    }
    for (int i = 1; i < words.length; i++) {
      String w = words[i];
      if (java && WITH_VALUE.contains(w)) {
        i++;
      } else if (w.equals("-m") && i + 1 < words.length) {
        return java ? ofClass(words[i + 1].substring(words[i + 1].indexOf('/') + 1)) : words[i + 1];
      } else if (!w.isEmpty() && !w.startsWith("-")) {
        return java && !w.endsWith(".jar") ? ofClass(w) : base(w);
      }
    }
    return program;
  }

  /** Name of the service as a part of an id; the option of Java is read first, as its SDK does. */
  private static String serviceName(
      String[] words, boolean java, UnaryOperator<String> environment) {
    String name = "";
    for (String w : words) {
      if (java && w.startsWith(SERVICE_NAME_OPTION)) {
        name = w.substring(SERVICE_NAME_OPTION.length());
      }
    }
    name = name.isEmpty() ? environment.apply(SERVICE_NAME) : name;
    name = name.replaceAll("[^\\w.-]", "_");
    return name.substring(0, Math.min(name.length(), LONGEST_NAME));
  }

  /**
   * Last word of a class name that tells programs apart: {@code catalina} of {@code
   * org.apache.catalina.startup.Bootstrap}.
   */
  private static String ofClass(String name) {
    String[] words = name.split("\\.", -1);
    for (int i = words.length - 1; i >= 0; i--) {
      if (!words[i].isEmpty() && !GENERIC.contains(words[i].toLowerCase(Locale.ROOT))) {
        return words[i];
      }
    }
    return words[words.length - 1];
  }

  private static String base(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
