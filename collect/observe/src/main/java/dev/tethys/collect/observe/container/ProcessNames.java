package dev.tethys.collect.observe.container;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Ids of processes outside containers and units: {@code /process/NAME}. */
final class ProcessNames {
  /** Variable of OpenTelemetry's SDKs (OpenTelemetry specification, general SDK configuration). */
  private static final String SERVICE_NAME = "OTEL_SERVICE_NAME";

  private static final String SERVICE_NAME_OPTION = "-Dotel.service.name=";
  private static final int LONGEST_NAME = 100;
  private static final int MAX_DIGITS = 3; // of a folder with a name

  /** Options followed by a value: of Java, Python, Node. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "-W",
          "-X",
          "-r",
          "--require",
          "--import",
          "--loader",
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

  /** Words of class names without information about the program. */
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

  /** Names of scripts without information about the program, in addition to {@link #GENERIC}. */
  private static final Set<String> GENERIC_SCRIPTS =
      Set.of("index", "manage", "wsgi", "asgi", "__main__", "worker", "program", "test");

  /** Programs that launch other programs. */
  private static final Set<String> LAUNCHERS =
      Set.of(
          "celery",
          "daphne",
          "flask",
          "gunicorn",
          "hypercorn",
          "npm",
          "npx",
          "puma",
          "rails",
          "rake",
          "ts-node",
          "uvicorn",
          "yarn");

  /** Folders without information about the program. */
  private static final Set<String> GENERIC_FOLDERS =
      Set.of(
          "",
          ".",
          "..",
          "app",
          "apps",
          "application",
          "bin",
          "build",
          "classes",
          "current",
          "data",
          "deploy",
          "dist",
          "home",
          "java",
          "jar",
          "jars",
          "lib",
          "libs",
          "local",
          "main",
          "node_modules",
          "opt",
          "out",
          "release",
          "releases",
          "root",
          "sbin",
          "server",
          "src",
          "srv",
          "target",
          "tmp",
          "usr",
          "var",
          "www");

  private ProcessNames() {}

  /**
   * Id by the program. Names an interpreter by its service, else by its script, module or jar, plus
   * its folder if that name is ambiguous. Empty for a thread of the kernel.
   *
   * @param environment returns an environment variable of the process; empty if it is not set
   * @param folder working folder of the process; empty if it is unknown
   */
  static String id(String commandLine, UnaryOperator<String> environment, Supplier<String> folder) {
    String name = name(commandLine, environment, folder).replaceAll("\\p{C}", "_");
    return name.isEmpty() ? "" : "/process/" + shortened(name);
  }

  private static String shortened(String name) {
    int end = Math.min(name.length(), LONGEST_NAME);
    boolean splits = end < name.length() && Character.isHighSurrogate(name.charAt(end - 1));
    return name.substring(0, splits ? end - 1 : end);
  }

  /** Whether the argument of an option is the program's text, which does not name it. */
  private static boolean isCode(String program, String option) {
    return switch (option) {
      case "-c" -> program.equals("java") || program.startsWith("python");
      case "-e", "--eval" -> !program.equals("java");
      default -> false;
    };
  }

  private static boolean isInterpreter(String program) {
    return switch (program) {
      case "java", "node", "nodejs", "php", "dotnet", "deno", "bun" -> true;
      default ->
          program.startsWith("python") || program.startsWith("ruby") || program.startsWith("perl");
    };
  }

  private static String name(
      String commandLine, UnaryOperator<String> environment, Supplier<String> folder) {
    String[] words = commandLine.split("\0", -1);
    String program = base(words[0].split("[ :]", 2)[0]);
    if (!isInterpreter(program)) {
      return program;
    }
    boolean java = program.equals("java");
    String service = serviceName(words, java, environment);
    if (!service.isEmpty()) {
      return service;
    }
    String classPath = "";
    for (int i = 1; i < words.length; i++) {
      String w = words[i];
      boolean isModule = w.equals("-m") || java && w.equals("--module");
      if (isCode(program, w)) {
        break;
      }
      if (WITH_VALUE.contains(w)) {
        i++;
        boolean isPath = w.equals("-cp") || w.equals("-classpath") || w.equals("--class-path");
        classPath = isPath && i < words.length ? words[i].split(":", 2)[0] : classPath;
      } else if (isModule && i + 1 < words.length) {
        return java
            ? ofClass(words[i + 1].substring(words[i + 1].indexOf('/') + 1))
            : launched(words[i + 1], words, i + 2, () -> folder.get() + "/");
      } else if (!w.isEmpty() && !w.startsWith("-") && !isVerb(program, w)) {
        if (java && w.startsWith("@")) {
          return withFolder(base(w.substring(1)), w.substring(1), folder);
        }
        if (!java || w.endsWith(".jar") || w.endsWith(".java")) {
          return launched(base(w), words, i + 1, () -> hasFolder(w) ? w : folder.get() + "/");
        }
        String c = ofClass(w);
        return isGeneric(c) ? withFolder(c, classPath + "/", folder) : c;
      }
    }
    return withFolder(program, classPath + "/", folder);
  }

  /** True for words of programs that precede the script. */
  private static boolean isVerb(String program, String word) {
    return switch (program) {
      case "dotnet" -> word.equals("exec") || word.equals("run");
      case "deno", "bun" -> word.equals("run");
      default -> false;
    };
  }

  /** Name of a script; of a launcher together with the name of its program. */
  private static String launched(String name, String[] words, int next, Supplier<String> folder) {
    if (!LAUNCHERS.contains(name)) {
      return isGeneric(name) ? withFolder(name, folder.get(), () -> "") : name;
    }
    for (int i = next; i < words.length; i++) {
      int colon = words[i].indexOf(':'); // package.module:application
      if (colon > 0 && !words[i].startsWith("-") && Character.isLetter(words[i].charAt(0))) {
        for (String of : List.of(words[i].substring(0, colon).split("\\.", -1)).reversed()) {
          if (!of.isEmpty() && !isGeneric(of)) {
            return name + "-" + of;
          }
        }
      }
    }
    return withFolder(name, folder.get(), () -> "");
  }

  /** Whether the folder of a script is that of its program; that of a launcher is not. */
  private static boolean hasFolder(String script) {
    return script.contains("/") && !LAUNCHERS.contains(base(script));
  }

  private static boolean isGeneric(String name) {
    int dot = name.indexOf('.');
    String word = (dot > 0 ? name.substring(0, dot) : name).toLowerCase(Locale.ROOT);
    return GENERIC.contains(word) || GENERIC_SCRIPTS.contains(word);
  }

  /**
   * The name qualified by a distinguishing folder.
   *
   * @param path full path of the script
   * @param folder working folder, used if the path has no such folder
   */
  private static String withFolder(String name, String path, Supplier<String> folder) {
    String of = folderName(path);
    of = of.isEmpty() ? folderName(folder.get() + "/") : of;
    return of.isEmpty() ? name : of + "-" + name;
  }

  /** Innermost folder of a path that is not generic; "" without one. */
  private static String folderName(String path) {
    String[] parts = path.split("/", -1);
    for (int i = parts.length - 2; i >= 0; i--) {
      String p = parts[i];
      boolean isNamed = p.chars().filter(Character::isDigit).count() <= MAX_DIGITS;
      if (isNamed && !p.endsWith(".jar") && !GENERIC_FOLDERS.contains(p.toLowerCase(Locale.ROOT))) {
        String name = p.replaceAll("[^\\w.-]", "_");
        return name.substring(0, Math.min(name.length(), LONGEST_NAME));
      }
    }
    return "";
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
   * Last distinguishing word of a class name: {@code catalina} of {@code
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
