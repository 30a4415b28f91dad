@NullMarked
package dev.tethys.pipeline.archive;

import org.jspecify.annotations.NullMarked;
