package dev.tethys.demo.role;

import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import java.util.Optional;

/**
 * Line with which processes of the shop notify each other of a fault: {@code fault NAME on|off}.
 */
record FaultLine(Fault fault, boolean on) {
  static String of(Fault fault, Faults faults) {
    return "fault " + fault.id() + " " + (faults.isOn(fault) ? "on" : "off");
  }

  static Optional<FaultLine> read(String line) {
    String[] words = line.split(" ", -1);
    return words.length == 3 && words[0].equals("fault")
        ? Fault.of(words[1]).map(f -> new FaultLine(f, words[2].equals("on")))
        : Optional.empty();
  }
}
