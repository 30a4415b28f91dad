@NullMarked
package dev.tethys.pipeline.exporter.awss3;

import org.jspecify.annotations.NullMarked;
