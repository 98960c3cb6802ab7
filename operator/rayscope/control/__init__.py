"""The running operator: events become keys, keys become visits, and a visit makes what is equal to what should be.

Nothing here decides what a service's children look like (that is `render`), and nothing here ever writes on `ray.io`.
"""
