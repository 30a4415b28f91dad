package dev.tethys.pipeline.web;

import dev.tethys.model.GoJson;

/** Writes JSON; commas are put where they belong. */
final class Json {
  private final StringBuilder out = new StringBuilder();
  private boolean first = true;

  Json open(char bracket) {
    comma();
    out.append(bracket);
    first = true;
    return this;
  }

  Json close(char bracket) {
    out.append(bracket);
    first = false;
    return this;
  }

  Json key(String k) {
    comma();
    GoJson.append(out, k).append(':');
    first = true;
    return this;
  }

  Json text(String s) {
    comma();
    GoJson.append(out, s);
    return this;
  }

  Json number(long n) {
    comma();
    out.append(n);
    return this;
  }

  Json raw(String json) {
    comma();
    out.append(json);
    return this;
  }

  private void comma() {
    if (!first) {
      out.append(',');
    }
    first = false;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
