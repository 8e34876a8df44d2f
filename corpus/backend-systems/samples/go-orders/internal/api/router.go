// Package api is the HTTP side of the service.
package api

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"example.com/shop/orders/internal/store"
)

// Router returns the handler with all routes.
func Router(orders *store.Orders) http.Handler {
	router := gin.Default()
	h := handlers{orders: orders}
	router.GET("/orders", h.list)
	router.GET("/orders/:id", h.get)
	router.POST("/orders", h.create)
	return router
}

type handlers struct {
	orders *store.Orders
}

func (h handlers) list(c *gin.Context) {
	page, _ := strconv.Atoi(c.DefaultQuery("page", "0"))
	found, err := h.orders.List(c.Request.Context(), page)
	if err != nil {
		c.JSON(http.StatusInternalServerError, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusOK, found)
}

func (h handlers) get(c *gin.Context) {
	order, err := h.orders.Get(c.Request.Context(), c.Param("id"))
	if errors.Is(err, store.ErrNotFound) {
		c.JSON(http.StatusNotFound, gin.H{"error": "no such order"})
		return
	}
	if err != nil {
		c.JSON(http.StatusInternalServerError, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusOK, order)
}

func (h handlers) create(c *gin.Context) {
	var order store.Order
	if err := c.ShouldBindJSON(&order); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	if err := h.orders.Create(c.Request.Context(), &order); err != nil {
		c.JSON(http.StatusInternalServerError, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusCreated, order)
}
