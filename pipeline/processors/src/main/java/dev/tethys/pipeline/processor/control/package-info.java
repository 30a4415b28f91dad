/** Live controls: rules that mute, filter, sample or limit data at the entry of pipelines. */
@NullMarked
package dev.tethys.pipeline.processor.control;

import org.jspecify.annotations.NullMarked;
