/** Receiver of objects of S3 that an {@code awss3} exporter has stored. */
@NullMarked
package dev.tethys.pipeline.receiver.awss3;

import org.jspecify.annotations.NullMarked;
