package dev.tethys.collect.observe.container;

/** Ids of processes outside of containers and units: {@code /process/NAME}. */
final class ProcessNames {
  private ProcessNames() {}

  /**
   * Id by the program, and for an interpreter by its script, module or jar; empty for a thread of
   * the kernel.
   */
  static String id(String commandLine) {
    String name = name(commandLine);
    return name.isEmpty() ? "" : "/process/" + name;
  }

  private static String name(String commandLine) {
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
    for (int i = 1; i < words.length; i++) {
      String w = words[i];
      if (w.equals("-cp") || w.equals("-classpath") || w.equals("--class-path")) {
        i++;
      } else if (w.equals("-m") && i + 1 < words.length) {
        return words[i + 1];
      } else if (!w.isEmpty() && !w.startsWith("-")) {
        String b = base(w);
        return java && !b.endsWith(".jar") ? b.substring(b.lastIndexOf('.') + 1) : b;
      }
    }
    return program;
  }

  private static String base(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
