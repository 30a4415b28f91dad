@NullMarked
package dev.tethys.pipeline.processor.control;

import org.jspecify.annotations.NullMarked;
