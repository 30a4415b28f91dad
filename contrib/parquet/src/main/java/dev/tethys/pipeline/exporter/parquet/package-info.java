/** Files of Parquet as a destination of metrics, logs and traces: in a folder, or at S3. */
@NullMarked
package dev.tethys.pipeline.exporter.parquet;

import org.jspecify.annotations.NullMarked;
