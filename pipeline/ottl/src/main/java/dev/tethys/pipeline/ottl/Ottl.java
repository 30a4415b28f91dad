package dev.tethys.pipeline.ottl;

import dev.tethys.pipeline.ottl.syntax.OttlParser;
import dev.tethys.pipeline.ottl.syntax.Tree;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads texts of OTTL: parses, finds the context, checks types, and compiles to closures. All
 * mistakes that can be seen then are {@link OttlException}s with their position.
 */
public final class Ottl {
  private final Functions functions;

  public Ottl(Functions functions) {
    this.functions = functions;
  }

  public Functions functions() {
    return functions;
  }

  /**
   * Loads a group of statements.
   *
   * @param contexts those of the signal, as {@link Context#LOGS}
   * @param context as configured, or null to find it from the paths, which then begin with the name
   *     of a context
   * @param conditions of which one must hold for the group to run; none for always
   */
  public Statements statements(
      List<Context> contexts,
      @Nullable Context context,
      List<String> conditions,
      List<String> statements,
      ErrorMode mode) {
    List<Tree> trees = new ArrayList<>();
    List<Tree.Statement> parsed = new ArrayList<>();
    for (String s : statements) {
      Tree.Statement t = OttlParser.statement(s);
      parsed.add(t);
      trees.add(t);
    }
    List<Tree.Expression> parsedConditions = new ArrayList<>();
    for (String c : conditions) {
      Tree.Expression t = OttlParser.condition(c);
      parsedConditions.add(t);
      trees.add(t);
    }
    List<String> texts = new ArrayList<>(statements);
    texts.addAll(conditions);
    Context found =
        context != null
            ? checked(contexts, context)
            : new ContextInference(functions, contexts).infer(texts, trees);
    List<Statement> compiled = new ArrayList<>();
    for (int i = 0; i < parsed.size(); i++) {
      Tree.Statement t = parsed.get(i);
      Compiler c = new Compiler(statements.get(i), found, functions, context == null);
      compiled.add(
          new Statement(
              statements.get(i),
              c.call(t.editor()),
              t.where() == null ? null : c.condition(t.where())));
    }
    return new Statements(
        found,
        conditions.isEmpty()
            ? null
            : compiled(found, conditions, parsedConditions, context == null, mode),
        compiled,
        mode);
  }

  /** Loads conditions of which one is enough; parameters as for {@link #statements}. */
  public Conditions conditions(
      List<Context> contexts, @Nullable Context context, List<String> texts, ErrorMode mode) {
    List<Tree.Expression> parsed = texts.stream().map(OttlParser::condition).toList();
    Context found =
        context != null
            ? checked(contexts, context)
            : new ContextInference(functions, contexts).infer(texts, List.copyOf(parsed));
    return compiled(found, texts, parsed, context == null, mode);
  }

  /** Loads a value for a context; paths may begin with the name of a context or not. */
  public ValueExpression value(Context context, String text) {
    return new ValueExpression(
        text, new Compiler(text, context, functions, false).value(OttlParser.value(text)));
  }

  private Conditions compiled(
      Context context,
      List<String> texts,
      List<Tree.Expression> parsed,
      boolean prefixed,
      ErrorMode mode) {
    List<Condition> compiled = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Compiler c = new Compiler(texts.get(i), context, functions, prefixed);
      compiled.add(new Condition(texts.get(i), c.condition(parsed.get(i))));
    }
    return new Conditions(context, compiled, mode);
  }

  private static Context checked(List<Context> contexts, Context context) {
    if (!contexts.contains(context)) {
      throw new OttlException(
          "",
          0,
          "there is no context "
              + context.text()
              + " here; there are "
              + String.join(", ", contexts.stream().map(Context::text).toList()));
    }
    return context;
  }
}
