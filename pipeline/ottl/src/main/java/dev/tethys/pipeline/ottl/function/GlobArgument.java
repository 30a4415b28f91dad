package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;

/** Argument that is a pattern with the semantics of Go's {@code filepath.Match} on Unix. */
@FunctionalInterface
interface GlobArgument {
  Glob.Syntax SYNTAX = new Glob.Syntax("/", false, "^", false);

  /** Returns the pattern's expression for a record. */
  Regex at(Cursor at);

  /**
   * Reads an argument, which is checked now if it is a constant, otherwise when it is evaluated.
   */
  static GlobArgument of(Arguments a, int index) {
    OttlExpr e = a.expr(index);
    if (e.isConstant()) {
      Regex glob;
      try {
        glob = Glob.compile(a.string(index), SYNTAX);
      } catch (IllegalArgumentException x) {
        throw a.error(index, "not a pattern of file names: " + x.getMessage());
      }
      return _ -> glob;
    }
    return at -> {
      try {
        return Glob.compile((String) MapEditors.require(e.get(at)), SYNTAX);
      } catch (IllegalArgumentException x) {
        throw new EvaluationException("not a pattern of file names: " + x.getMessage());
      }
    };
  }
}
