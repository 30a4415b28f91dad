package dev.tethys.bench;

import java.util.Arrays;

/**
 * {@code tethys bench soak …}, {@code disk …}, {@code fuzz …}, {@code churn …}, {@code kills …},
 * {@code agent-kills …}, {@code dashboard …}, {@code pipeline …}, {@code stages …} and {@code jmh
 * …}; the races are run by the launcher.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    String what = args.length == 0 ? "" : args[0];
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    try {
      switch (what) {
        case "soak" -> System.exit(Soak.run(rest));
        case "disk" -> System.exit(Disk.run(rest));
        case "churn" -> System.exit(Churn.run(rest));
        case "kills" -> System.exit(Kills.run(rest));
        case "agent-kills" -> System.exit(AgentKills.run(rest));
        case "fuzz" -> System.exit(Fuzz.run(rest));
        case "hostile" -> System.exit(Hostile.run(rest));
        case "dashboard" -> System.exit(Dashboard.run(rest));
        case "pipeline" -> System.exit(PipelineThroughput.run(rest));
        case "stages" -> System.exit(LogStages.run(rest));
        case "jmh" -> org.openjdk.jmh.Main.main(rest);
        default -> {
          System.err.println(
              "usage: tethys bench"
                  + " race|soak|disk|fuzz|churn|kills|agent-kills|hostile|dashboard|pipeline|stages|jmh"
                  + " …");
          System.exit(2);
        }
      }
    } catch (Options.WrongException e) {
      System.err.println("tethys bench " + what + ": " + e.getMessage());
      System.exit(2);
    }
  }
}
