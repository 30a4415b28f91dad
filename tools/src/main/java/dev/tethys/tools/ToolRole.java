package dev.tethys.tools;

import dev.tethys.config.ConfigException;
import dev.tethys.config.NameSuggestion;
import dev.tethys.model.GoQuote;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.Terminal;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.store.archive.CorruptFileException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;

/**
 * {@code tethys tool …}: the functions of promtool, and more. Exit codes are promtool's: 0, 1, and
 * 3 for findings of a linter.
 */
public final class ToolRole {
  /** Commands that promtool and amtool lack. */
  private static final Set<String> OWN =
      Set.of("migrate", "control", "exporter", "logcli", "profile", "traces");

  /** Flag that prints the version. */
  static final String VERSION = "--version";

  private final Commands commands;

  /**
   * @param added commands of modules above this one, listed before those of dead letters
   */
  public ToolRole(List<Command> added) {
    commands = new Commands(added);
  }

  /** Runs one command; the exit code of the process. */
  public int run(List<String> args) {
    LogSetup.install(Level.WARNING, LogSetup.Format.LOGFMT, System.err);
    boolean terminal = Terminal.isThere();
    try (PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
            false,
            StandardCharsets.UTF_8)) {
      PrintStream err = new PrintStream(new After(out, System.err), true, StandardCharsets.UTF_8);
      return run(args, new Console(out, err, terminal));
    }
  }

  /**
   * Flushes standard output before each write to standard error, so that a reader of both streams
   * sees them in order.
   */
  private static final class After extends FilterOutputStream {
    private final PrintStream before;

    After(PrintStream before, PrintStream to) {
      super(to);
      this.before = before;
    }

    @Override
    public void write(int b) throws IOException {
      before.flush();
      out.write(b);
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      before.flush();
      out.write(b, off, len);
    }
  }

  /** Runs a command, writing to streams of the caller. */
  public int run(List<String> args, Console console) {
    try {
      return dispatch(args, console);
    } catch (CommandLineException e) {
      console.err().println(e.of(program(args)));
    } catch (ConfigException e) {
      console.err().println(program(args) + ": error: " + e.getMessage());
    } catch (UsageException | StorageException | CorruptFileException e) {
      console.err().println(e.getMessage());
    } catch (NoSuchFileException e) {
      console.err().println("stat " + e.getFile() + ": no such file or directory");
    } catch (NotDirectoryException e) {
      console.err().println("stat " + e.getFile() + ": not a directory");
    } catch (FileAlreadyExistsException e) {
      console.err().println(e.getFile() + " exists and is not a directory");
    } catch (AccessDeniedException e) {
      console.err().println(e.getFile() + ": permission denied");
    } catch (IOException | UncheckedIOException e) {
      console.err().println(e.getMessage() == null ? e.toString() : e.getMessage());
    } catch (IllegalArgumentException | PromqlParseException | QueryServer.BadTimeException e) {
      console.err().println(e.getMessage());
    }
    return 1;
  }

  /** Returns the program that errors name: promtool's scripts read its name. */
  private static String program(List<String> args) {
    return !args.isEmpty() && OWN.contains(args.getFirst()) ? "tethys tool" : "promtool";
  }

  /**
   * Moves flags before or within the name of a command to its end: {@code query -o json instant} is
   * {@code query instant -o json}.
   */
  List<String> nameFirst(List<String> args) {
    List<String> words = new ArrayList<>();
    List<String> flags = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String a = args.get(i);
      if (isHelp(a)) {
        words.add(a);
      } else if (a.startsWith("-")) {
        flags.add(a);
        if (a.indexOf('=') < 0 && takesValue(a) && i + 1 < args.size()) {
          flags.add(args.get(++i));
        }
      } else {
        words.add(a);
        String name = String.join(" ", words);
        if (commands.list().stream().anyMatch(c -> c.name().equals(name))) {
          words.addAll(flags);
          words.addAll(args.subList(i + 1, args.size()));
          return words;
        }
      }
    }
    return args;
  }

  private boolean takesValue(String flag) {
    String name =
        flag.startsWith("--")
            ? flag.substring(2)
            : Command.SHORT.getOrDefault(flag, List.of("")).getFirst();
    return commands.list().stream()
        .flatMap(c -> c.allFlags().stream())
        .anyMatch(f -> f.name().equals(name) && f.kind() != Flag.Kind.BOOLEAN);
  }

  private static boolean isHelp(String arg) {
    return arg.equals("--help") || arg.equals("-h");
  }

  private int dispatch(List<String> given, Console console) throws IOException {
    if (!given.isEmpty() && given.getFirst().equals(Amtool.NAME)) {
      return Amtool.run(given.subList(1, given.size()), commands, console);
    }
    List<String> args = nameFirst(given);
    if (args.isEmpty() || isHelp(args.getFirst())) {
      console.out().print(commands.help(""));
      return 0;
    }
    if (args.getFirst().equals(VERSION)) {
      console.out().print(version("promtool"));
      return 0;
    }
    // The longest name that fits.
    for (int words = Math.min(3, args.size()); words > 0; words--) {
      String name = String.join(" ", args.subList(0, words));
      for (Command c : commands.list()) {
        if (c.name().equals(name)) {
          return c.run(args.subList(words, args.size()), console);
        }
      }
    }
    // A group, such as tsdb or tsdb import.
    boolean asked = isHelp(args.getLast());
    String group = String.join(" ", asked ? args.subList(0, args.size() - 1) : args) + " ";
    if (commands.list().stream().anyMatch(c -> c.name().startsWith(group))) {
      if (!asked) {
        throw new CommandLineException("must select a subcommand of '" + group.strip() + "'");
      }
      console.out().print(commands.help(group));
      return 0;
    }
    throw unknown(args);
  }

  /** Names the first word that leads to no command. */
  private RuntimeException unknown(List<String> args) {
    StringBuilder path = new StringBuilder();
    for (String word : args) {
      String group = path.toString();
      path.append(word).append(' ');
      if (word.startsWith("--")) {
        String flag = word.replaceFirst("=.*", "");
        String nearest =
            NameSuggestion.ofParts(
                flag.substring(2),
                commands.list().stream()
                    .flatMap(c -> c.allFlags().stream())
                    .map(Flag::name)
                    .distinct()
                    .toList());
        return CommandLineException.WORDS.unknown(
            flag, nearest == null ? "" : ", did you mean --" + nearest + "?");
      }
      if (word.startsWith("-")) {
        return CommandLineException.WORDS.unexpected(word);
      }
      if (commands.list().stream().noneMatch(c -> (c.name() + " ").startsWith(path.toString()))) {
        List<String> next =
            commands.list().stream()
                .map(Command::name)
                .filter(n -> n.startsWith(group))
                .map(n -> n.substring(group.length()).split(" ")[0])
                .distinct()
                .toList();
        return new CommandLineException(
            "expected command but got "
                + GoQuote.quote(word)
                + NameSuggestion.question(word, next));
      }
    }
    return new CommandLineException("must select a subcommand");
  }

  /**
   * Returns the version text of the program in the form of another program's, on the first line.
   */
  static String version(String of) {
    BuildInfo b = BuildInfo.current();
    return of
        + ", version "
        + b.version()
        + " (tethys, revision: "
        + b.revision()
        + ")\n  java version:     "
        + b.java()
        + "\n";
  }
}
