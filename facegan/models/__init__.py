"""The networks: encoder, decoder stages, generator, discriminator, editor, and the model that joins them."""
