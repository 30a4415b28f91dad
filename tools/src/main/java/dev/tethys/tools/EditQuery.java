package dev.tethys.tools;

import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.format.PrettyPrinter;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** {@code promql format} and {@code promql label-matchers}: queries formatted and edited. */
final class EditQuery {
  private EditQuery() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "promql format",
            "<query>",
            "Format a PromQL query to its pretty printed form. Needs --experimental, as in"
                + " promtool.",
            List.of(),
            1,
            1,
            (a, c) -> edit(a, c, UnaryOperator.identity())),
        new Command(
            "promql label-matchers set",
            "<query> <name> <value>",
            "Set a label matcher in all selectors of a query. Needs --experimental, as in"
                + " promtool.",
            List.of(
                Flag.of(
                    "type",
                    Flag.Kind.STRING,
                    "=",
                    "The type of the matcher: =, !=, =~ or !~. Short: -t.")),
            3,
            3,
            EditQuery::set),
        new Command(
            "promql label-matchers delete",
            "<query> <name>",
            "Delete the matchers of a label from a query. Needs --experimental, as in promtool.",
            List.of(),
            2,
            2,
            (a, c) ->
                edit(
                    a,
                    c,
                    e ->
                        Selectors.rewrite(
                            e,
                            m ->
                                m.stream()
                                    .filter(x -> !x.name().equals(a.operands().get(1)))
                                    .toList()))));
  }

  private static int set(Command.Arguments a, Console console) throws IOException {
    String type = a.flags().get("type");
    Matcher.Type t = null;
    for (Matcher.Type x : Matcher.Type.values()) {
      t = x.operator().equals(type) ? x : t;
    }
    if (t == null) {
      throw new CommandLineException("enum value must be one of =,!=,=~,!~, got '" + type + "'");
    }
    Matcher wanted = Matcher.of(t, a.operands().get(1), a.operands().get(2));
    return edit(a, console, e -> Selectors.rewrite(e, m -> with(m, wanted)));
  }

  private static List<Matcher> with(List<Matcher> all, Matcher wanted) {
    List<Matcher> out = new ArrayList<>(all);
    boolean found = false;
    for (int i = 0; i < out.size(); i++) {
      if (out.get(i).name().equals(wanted.name())) {
        out.set(i, wanted);
        found = true;
      }
    }
    if (!found) {
      out.add(wanted);
    }
    return out;
  }

  private static int edit(Command.Arguments a, Console console, UnaryOperator<Expr> how) {
    if (!a.flags().bool("experimental")) {
      console
          .err()
          .println("This command is experimental and requires the --experimental flag to be set.");
      return 1;
    }
    try {
      Expr e =
          PromqlParser.parse(
              a.operands().getFirst(), PromqlFeatures.of(a.flags(), console).parser());
      console.out().println(PrettyPrinter.format(how.apply(e)));
      return 0;
    } catch (PromqlParseException e) {
      console.err().println(e.getMessage());
      return 1;
    }
  }
}
