package dev.tethys.collect.exporter.process;

import java.time.Instant;
import java.util.List;

/**
 * Properties of a process that rules match. Read once, when the process is first seen.
 *
 * @param name the kernel's, at most 15 characters
 * @param user the name of the effective user, or its number
 */
record ProcessFacts(
    int pid,
    int parent,
    String name,
    List<String> commandLine,
    List<String> cgroups,
    String user,
    Instant started) {

  /** Returns the command line as one string. */
  String joined() {
    return String.join(" ", commandLine);
  }
}
