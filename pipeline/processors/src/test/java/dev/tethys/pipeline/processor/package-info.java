@NullMarked
package dev.tethys.pipeline.processor;

import org.jspecify.annotations.NullMarked;
