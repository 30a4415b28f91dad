package dev.tethys.query.logql.pipeline;

import java.nio.charset.StandardCharsets;

/** Values of {@code __error__}. */
public enum PipelineError {
  JSON("JSONParserErr"),
  LOGFMT("LogfmtParserErr"),
  LABEL_FILTER("LabelFilterErr"),
  SAMPLE_EXTRACTION("SampleExtractionErr"),
  TEMPLATE("TemplateFormatErr");

  private final String text;
  private final byte[] utf8;

  PipelineError(String text) {
    this.text = text;
    utf8 = text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the label value. */
  public String text() {
    return text;
  }

  byte[] utf8() {
    return utf8;
  }
}
