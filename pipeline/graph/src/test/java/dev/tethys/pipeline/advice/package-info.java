@NullMarked
package dev.tethys.pipeline.advice;

import org.jspecify.annotations.NullMarked;
