/** Objects of S3 as a destination of telemetry, as the Collector's {@code awss3} exporter. */
@NullMarked
package dev.tethys.pipeline.exporter.awss3;

import org.jspecify.annotations.NullMarked;
