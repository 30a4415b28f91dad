package dev.tethys.api.pyroscope;

import static dev.tethys.api.pyroscope.MessageSchema.Kind.BOOL;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.BYTES;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.INTEGER;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.TEXT;

/** Messages of {@code debuginfo.v1alpha1} of Pyroscope and of Parca. */
final class DebugInfoMessages {
  static final MessageSchema SHOULD_UPLOAD =
      new MessageSchema().one(1, "should_initiate_upload", BOOL).one(2, "reason", TEXT);

  static final MessageSchema PYROSCOPE_SHOULD_UPLOAD =
      new MessageSchema()
          .one(
              1,
              "file",
              new MessageSchema()
                  .one(1, "gnu_build_id", TEXT)
                  .one(3, "otel_file_id", TEXT)
                  .one(4, "name", TEXT)
                  .one(5, "type", "TYPE_EXECUTABLE_FULL", "TYPE_EXECUTABLE_NO_TEXT"));
  static final MessageSchema PYROSCOPE_FINISHED = new MessageSchema().one(1, "gnu_build_id", TEXT);

  static final MessageSchema PARCA_SHOULD_UPLOAD =
      new MessageSchema()
          .one(1, "build_id", TEXT)
          .one(2, "hash", TEXT)
          .one(3, "force", BOOL)
          .one(
              4,
              "type",
              "DEBUGINFO_TYPE_DEBUGINFO_UNSPECIFIED",
              "DEBUGINFO_TYPE_EXECUTABLE",
              "DEBUGINFO_TYPE_SOURCES")
          .one(
              5,
              "build_id_type",
              "BUILD_ID_TYPE_UNKNOWN_UNSPECIFIED",
              "BUILD_ID_TYPE_GNU",
              "BUILD_ID_TYPE_HASH",
              "BUILD_ID_TYPE_GO");
  static final MessageSchema PARCA_INITIATE =
      new MessageSchema()
          .one(1, "build_id", TEXT)
          .one(2, "size", INTEGER)
          .one(3, "hash", TEXT)
          .one(4, "force", BOOL);
  static final MessageSchema PARCA_INSTRUCTIONS =
      new MessageSchema()
          .one(
              1,
              "upload_instructions",
              new MessageSchema()
                  .one(1, "build_id", TEXT)
                  .one(2, "upload_id", TEXT)
                  .one(
                      3,
                      "upload_strategy",
                      "UPLOAD_STRATEGY_UNSPECIFIED",
                      "UPLOAD_STRATEGY_GRPC",
                      "UPLOAD_STRATEGY_SIGNED_URL"));
  static final MessageSchema PARCA_FINISHED =
      new MessageSchema().one(1, "build_id", TEXT).one(2, "upload_id", TEXT);
  static final MessageSchema PARCA_UPLOAD =
      new MessageSchema()
          .one(1, "info", new MessageSchema().one(1, "build_id", TEXT).one(2, "upload_id", TEXT))
          .one(2, "chunk_data", BYTES);
  static final MessageSchema PARCA_UPLOADED =
      new MessageSchema().one(1, "build_id", TEXT).one(2, "size", INTEGER);

  private DebugInfoMessages() {}
}
