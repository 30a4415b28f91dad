@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.processor.temporality;
